package wire

import (
	"cmp"
	"fmt"
	"time"

	"example.org/secret/cmd/secret/internal/escape"
)

// Entry tells of one request. It holds no value, no header and no token.
type Entry struct {
	Operation string // empty for an unknown one
	Client    string
	Subject   string // the secret as the client named it
	Code      Code   // of the exception; empty if there was none
	Took      time.Duration
	// Err is the cause of a failure. Unlike the exception it may name files.
	Err error
}

// String returns one line: operation, client, subject, outcome and milliseconds. Control characters are escaped.
func (e Entry) String() string {
	return fmt.Sprintf("%s %s %s %s %.1fms", cmp.Or(e.Operation, "-"), escape.Text(cmp.Or(e.Client, "-")),
		escape.Text(cmp.Or(e.Subject, "-")), cmp.Or(e.Code, "ok"), float64(e.Took.Microseconds())/1000)
}

func (s *server) log(r *Request, err error, started time.Time) {
	if s.Log == nil {
		return
	}
	entry := Entry{Operation: r.Operation, Client: r.Client, Subject: r.Subject, Took: s.Now().Sub(started), Err: err}
	if err != nil {
		entry.Code = exceptionOf(err).Code
	}
	s.Log(entry)
}

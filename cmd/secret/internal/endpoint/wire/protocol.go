package wire

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
)

const (
	contentType  = "application/x-amz-json-1.1"
	targetPrefix = "secretsmanager."
)

// Operation does one operation of AWS. The answer is a struct whose exported fields are the members of the answer, with
// `omitzero` in their JSON tags: AWS leaves members without a value out. Nil stands for an answer without members. An
// error other than an [*Error] is told to the client as an [InternalServiceError] without its text.
type Operation func(ctx context.Context, r *Request) (answer any, err error)

// Request is one call of an operation.
type Request struct {
	Operation string
	Client    string // the name of the client; empty for the holder of the token
	Region    string // as the client signed it, or the server's
	Body      []byte // see Decode

	// Subject is the secret that the request is about. The operation sets it for the log.
	Subject string
}

// Time is a time in an answer: a number of seconds, to the millisecond.
type Time time.Time

// MarshalJSON returns a JSON number.
func (t Time) MarshalJSON() ([]byte, error) {
	return strconv.AppendFloat(nil, float64(time.Time(t).UnixMilli())/1000, 'f', -1, 64), nil
}

// IsZero reports whether there is no time.
func (t Time) IsZero() bool { return time.Time(t).IsZero() }

// serveAWS answers a request in AWS's protocol.
func (s *server) serveAWS(w http.ResponseWriter, r *http.Request) {
	body, err := readBody(w, r)
	if err != nil {
		s.writeError(w, err)
		return
	}
	client, region := Client{}, s.Region
	if s.Clients != nil {
		client, region, err = s.verify(r, body)
	} else if credential, ok := parseAuthorization(r.Header.Get("Authorization")); ok && credential.region != "" {
		// A program that has keys of its own signs with them. Only its region is of use here.
		region = credential.region
	}
	operation, known := s.Operations[operationOf(r)]
	request := &Request{Operation: operationOf(r), Client: client.Name, Region: region, Body: body}
	switch {
	case err != nil:
	case !known:
		err = Errorf(UnknownOperation, "")
	default:
		s.run(w, r, operation, request)
		return
	}
	if !known {
		request.Operation = ""
	}
	s.log(request, err, s.Now())
	s.writeError(w, err)
}

// run calls the operation and writes its answer.
func (s *server) run(w http.ResponseWriter, r *http.Request, operation Operation, request *Request) {
	started := s.Now()
	answer, err := operation(r.Context(), request)
	s.log(request, err, started)
	if err != nil {
		s.writeError(w, err)
		return
	}
	body, err := encode(answer)
	if err != nil {
		s.writeError(w, err)
		return
	}
	s.write(w, http.StatusOK, contentType, body)
}

// operationOf returns the operation that the request asks for. The content type is one that a web page may not send.
func operationOf(r *http.Request) string {
	media, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	operation, ok := strings.CutPrefix(r.Header.Get("X-Amz-Target"), targetPrefix)
	if media != contentType || !ok {
		return ""
	}
	return operation
}

func readBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		return nil, Errorf(RequestTooLarge, "The request is larger than %d bytes.", maxBody)
	}
	if err != nil {
		return nil, Errorf(Serialization, "The request ended before its body did.")
	}
	return body, nil
}

// encode returns the JSON of an answer without the escapes that only HTML needs.
func encode(answer any) ([]byte, error) {
	if answer == nil {
		return []byte("{}"), nil
	}
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(answer); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// exceptionOf returns the exception that a client gets for err.
func exceptionOf(err error) *Error {
	if exception, ok := errors.AsType[*Error](err); ok {
		return exception
	}
	return &Error{InternalServiceError, "An error occurred on the server side."}
}

func (s *server) writeError(w http.ResponseWriter, err error) {
	exception := exceptionOf(err)
	member := "Message"
	if exception.Code.framework() {
		member = "message"
	}
	answer := map[string]string{"__type": string(exception.Code)}
	if exception.Message != "" {
		answer[member] = exception.Message
	}
	body, _ := encode(answer)
	s.write(w, exception.Code.status(), contentType, body)
}

func (s *server) write(w http.ResponseWriter, status int, contentType string, body []byte) {
	if id, err := uuid.NewRandomFromReader(s.Rand); err == nil {
		w.Header().Set("X-Amzn-Requestid", id.String())
	}
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body) // a client that went away needs no answer
}

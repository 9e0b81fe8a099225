package ageprogram

import (
	"fmt"
	"io"
	"strings"

	"example.org/secret/cmd/secret/internal/escape"
)

const maxLine = 4 << 10

// messages takes the standard error of age. Its messages, such as that a key waits to be touched, go to the
// terminal, and its last error is kept.
type messages struct {
	terminal io.Writer
	line     []byte
	last     string
	failed   bool
}

func (m *messages) Write(text []byte) (int, error) {
	for _, c := range text {
		switch {
		case c == '\n':
			m.endLine()
		case len(m.line) < maxLine:
			m.line = append(m.line, c)
		}
	}
	return len(text), nil
}

func (m *messages) endLine() {
	line := strings.TrimSpace(string(m.line))
	m.line = m.line[:0]
	text, isError := strings.CutPrefix(line, "age: error: ")
	switch {
	case m.failed || line == "": // hints, and where to report
	case isError:
		m.last, m.failed = text, true
	default:
		m.last = strings.TrimPrefix(line, "age: ")
		if m.terminal != nil {
			fmt.Fprintln(m.terminal, escape.Text(line))
		}
	}
}

func (m *messages) reason() string {
	m.endLine()
	return m.last
}

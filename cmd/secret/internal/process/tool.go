package process

import (
	"bytes"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"time"
)

// Tool runs programs of the system.
type Tool struct {
	Environ []string
	// Timeout bounds a run. A program with a time limit has no terminal at which it could wait for its user. Zero is no
	// limit.
	Timeout time.Duration
}

// Run runs a program with input, and returns its output. The error has the beginning of the program's standard error.
func (t Tool) Run(input, name string, args ...string) (string, error) {
	var stdout bytes.Buffer
	var stderr head
	err := t.run(name, args, func(cmd *exec.Cmd) {
		cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(input), &stdout, &stderr
	})
	if text := strings.TrimSpace(string(stderr)); err != nil && text != "" {
		err = fmt.Errorf("%w: %s", err, text)
	}
	return stdout.String(), err
}

// Feed runs a program with input, and ignores its output. A process that the program leaves behind does not hold up
// the caller.
func (t Tool) Feed(input []byte, name string, args ...string) error {
	return t.run(name, args, func(cmd *exec.Cmd) { cmd.Stdin = bytes.NewReader(input) })
}

func (t Tool) run(name string, args []string, connect func(*exec.Cmd)) error {
	cmd := exec.Command(name, args...)
	cmd.Env = t.Environ
	connect(cmd)
	err := Bounds{Timeout: t.Timeout, Attended: t.Timeout == 0}.Run(cmd)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, ErrTimeout):
		return fmt.Errorf("%s did not end within %v", name, t.Timeout)
	}
	return fmt.Errorf("%s: %w", name, err)
}

// head keeps the first bytes that are written to it.
type head []byte

func (h *head) Write(p []byte) (int, error) {
	const limit = 4 << 10
	*h = append(*h, p[:min(len(p), limit-len(*h))]...)
	return len(p), nil
}

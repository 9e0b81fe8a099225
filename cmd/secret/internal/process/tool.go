package process

import (
	"bytes"
	"context"
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

// Run runs a program with input, and returns its output. The error has the program's standard error.
func (t Tool) Run(input, name string, args ...string) (string, error) {
	var stdout, stderr bytes.Buffer
	err := t.run(name, args, func(cmd *exec.Cmd) {
		cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(input), &stdout, &stderr
	})
	if text := strings.TrimSpace(stderr.String()); err != nil && text != "" {
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
	ctx := context.Background()
	if t.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, t.Timeout)
		defer cancel()
	}
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Env = t.Environ
	connect(cmd)
	if t.Timeout > 0 {
		Isolate(cmd)
	}
	err := cmd.Run()
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return fmt.Errorf("%s did not end within %v", name, t.Timeout)
	}
	return fmt.Errorf("%s: %w", name, err)
}

// Isolate gives cmd a session of its own, without a terminal. When the context of cmd ends, the processes that cmd
// started end with it, except on Windows, and Wait returns even if one of them keeps a pipe open.
func Isolate(cmd *exec.Cmd) {
	Detach(cmd)
	cmd.Cancel = func() error { return killGroup(cmd.Process) }
	cmd.WaitDelay = time.Second
}

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"example.org/secret/cmd/secret/internal/escape"
	"example.org/secret/cmd/secret/internal/prompt"
	"example.org/secret/vault"
	"example.org/secret/vault/unlock"

	"golang.org/x/term"
)

const (
	// unattendedTimeout bounds the wait for an identity that asks for a touch where no user is.
	unattendedTimeout = 30 * time.Second

	maxAgeLine = 4 << 10
)

// ageProgram runs the program age; see [unlock.Identity].
type ageProgram struct {
	environ []string
	prompt  *prompt.Prompter // nil if the user must not be asked
	timeout time.Duration    // without a terminal
}

// runAge runs the program age, which may ask at the terminal.
func (a *app) runAge(action unlock.AgeAction, path string, input []byte) ([]byte, error) {
	return ageProgram{a.environ, a.prompt, unattendedTimeout}.run(action, path, input)
}

// ageUnattended returns a function that runs the program age and does not let it ask.
func (a *app) ageUnattended(timeout time.Duration) unlock.Age {
	return ageProgram{environ: a.environ, timeout: timeout}.run
}

// run encrypts or decrypts the input with the identities in the file at path. The input and the output are in no file.
func (p ageProgram) run(action unlock.AgeAction, path string, input []byte) ([]byte, error) {
	program, err := exec.LookPath("age")
	if err != nil {
		return nil, noKeyf("%s needs the program age, which is not in PATH; install age (https://age-encryption.org)", path)
	}
	full, err := filepath.Abs(path) // age would take - for its standard input
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)
	cmd := exec.CommandContext(ctx, program, string(action), "--identity", full)
	var messages ageMessages
	cmd.Env, cmd.Stdin, cmd.Stderr = p.environment(), bytes.NewReader(input), &messages
	cmd.WaitDelay = time.Second // a plugin may hold the pipes
	t := p.terminal()
	if t == nil {
		cmd.SysProcAttr = detached()
		cmd.Cancel = func() error { return killDetached(cmd.Process) }
		timer := time.AfterFunc(p.timeout, func() { cancel(context.DeadlineExceeded) })
		defer timer.Stop()
	} else {
		defer t.Close()
		messages.terminal = t.Out
	}
	prompter := p.prompt
	if prompter == nil {
		prompter = new(prompt.Prompter)
	}
	signals, release := prompter.Signals()
	output, interrupted, err := p.await(cmd, cancel, signals, t)
	if interrupted {
		return nil, vault.Errorf(prompt.ErrInterrupted, "interrupted; nothing was changed")
	}
	release()
	if err == nil {
		return output, nil
	}
	return nil, p.failure(path, context.Cause(ctx), err, messages.reason(), t != nil)
}

// await runs age until a signal ends it. The terminal then gets its echo back, since age does not restore it.
func (p ageProgram) await(cmd *exec.Cmd, cancel context.CancelCauseFunc, signals <-chan os.Signal, t *prompt.Terminal) ([]byte, bool, error) {
	var before *term.State
	if t != nil {
		before = t.State()
	}
	done, interrupted := make(chan struct{}), make(chan bool)
	go func() {
		select {
		case <-signals:
			cancel(prompt.ErrInterrupted)
			interrupted <- true
		case <-done:
			interrupted <- false
		}
	}()
	output, err := cmd.Output()
	close(done)
	stopped := <-interrupted
	// A key that the user presses reaches age as well, and perhaps first.
	killed := cmd.ProcessState != nil && cmd.ProcessState.ExitCode() == -1
	if t != nil && killed {
		t.Restore(before)
		stopped = true
	}
	return output, stopped, err
}

// failure returns the error of a run of age that failed.
func (p ageProgram) failure(path string, cause, err error, reason string, attended bool) error {
	var exit *exec.ExitError
	switch {
	case errors.Is(cause, context.DeadlineExceeded):
		reason = "no answer within " + p.timeout.String()
	case !errors.As(err, &exit):
		return noKeyf("running age for %s: %v", path, err)
	case reason == "":
		reason = err.Error()
	}
	text := fmt.Sprintf("age did not get through with %s: %s", path, reason)
	if attended {
		return noKeyf("%s", text)
	}
	return noKeyf("%s (there is no terminal where age could ask for a PIN or a passphrase; secret unlock at one opens the vault for some hours)", text)
}

// terminal returns the terminal at which age may ask, or nil.
func (p ageProgram) terminal() *prompt.Terminal {
	if p.prompt == nil {
		return nil
	}
	t, err := p.prompt.Terminal()
	if err != nil {
		return nil
	}
	return t
}

// environment leaves out the variable that makes age show the keys which it exchanges with a plugin.
func (p ageProgram) environment() []string {
	return slices.DeleteFunc(slices.Clone(p.environ), func(variable string) bool { return strings.HasPrefix(variable, "AGEDEBUG=") })
}

// ageMessages takes the standard error of age. Its messages, such as that a key waits to be touched, go to the
// terminal, and its last error is kept.
type ageMessages struct {
	terminal io.Writer
	line     []byte
	last     string
	failed   bool
}

func (m *ageMessages) Write(text []byte) (int, error) {
	for _, c := range text {
		switch {
		case c == '\n':
			m.endLine()
		case len(m.line) < maxAgeLine:
			m.line = append(m.line, c)
		}
	}
	return len(text), nil
}

func (m *ageMessages) endLine() {
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

func (m *ageMessages) reason() string {
	m.endLine()
	return m.last
}

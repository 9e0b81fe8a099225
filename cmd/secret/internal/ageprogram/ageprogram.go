// Package ageprogram runs the program age, which uses SSH keys and age identities. See [unlock.Identity].
package ageprogram

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"example.org/secret/cmd/secret/internal/process"
	"example.org/secret/cmd/secret/internal/prompt"
	"example.org/secret/vault"
	"example.org/secret/vault/unlock"

	"golang.org/x/term"
)

// Program runs age.
type Program struct {
	Environ []string
	// Prompt opens the terminal at which age may ask for a PIN, a passphrase or a touch. It is nil if age must not ask.
	Prompt *prompt.Prompter
	// Timeout bounds a run without a terminal.
	Timeout time.Duration
}

// Run encrypts or decrypts the input with the identities in the file at path. The input and the output are in no file.
// The error is [vault.ErrNoKey] if age fails, and [prompt.ErrInterrupted] if a signal ends it.
func (p Program) Run(action unlock.AgeAction, path string, input []byte) ([]byte, error) {
	program, err := exec.LookPath("age")
	if err != nil {
		return nil, vault.Errorf(vault.ErrNoKey, "%s needs the program age, which is not in PATH; install age "+
			"(https://age-encryption.org)", path)
	}
	full, err := filepath.Abs(path) // age would take - for its standard input
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)
	cmd := exec.CommandContext(ctx, program, string(action), "--identity", full)
	var said messages
	cmd.Env, cmd.Stdin, cmd.Stderr = p.environment(), bytes.NewReader(input), &said
	cmd.WaitDelay = time.Second // a plugin may hold the pipes
	t := p.terminal()
	if t == nil {
		process.Isolate(cmd)
		timer := time.AfterFunc(p.Timeout, func() { cancel(context.DeadlineExceeded) })
		defer timer.Stop()
	} else {
		defer t.Close()
		said.terminal = t.Out
	}
	prompter := p.Prompt
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
	return nil, p.failure(path, context.Cause(ctx), err, said.reason(), t != nil)
}

// await runs age until a signal ends it. The terminal then gets its echo back, since age does not restore it.
func (p Program) await(
	cmd *exec.Cmd, cancel context.CancelCauseFunc, signals <-chan os.Signal, t *prompt.Terminal,
) (output []byte, interrupted bool, err error) {
	var before *term.State
	if t != nil {
		before = t.State()
	}
	done, stopped := make(chan struct{}), make(chan bool)
	go func() {
		select {
		case <-signals:
			cancel(prompt.ErrInterrupted)
			stopped <- true
		case <-done:
			stopped <- false
		}
	}()
	output, err = cmd.Output()
	close(done)
	interrupted = <-stopped
	// A key that the user presses reaches age as well, and perhaps first.
	killed := cmd.ProcessState != nil && cmd.ProcessState.ExitCode() == -1
	if t != nil && killed {
		t.Restore(before)
		interrupted = true
	}
	return output, interrupted, err
}

// failure returns the error of a run of age that failed.
func (p Program) failure(path string, cause, err error, reason string, attended bool) error {
	var exit *exec.ExitError
	switch {
	case errors.Is(cause, context.DeadlineExceeded):
		reason = "no answer within " + p.Timeout.String()
	case !errors.As(err, &exit):
		return vault.Errorf(vault.ErrNoKey, "running age for %s: %v", path, err)
	case reason == "":
		reason = err.Error()
	}
	text := fmt.Sprintf("age did not get through with %s: %s", path, reason)
	if attended {
		return vault.Errorf(vault.ErrNoKey, "%s", text)
	}
	return vault.Errorf(vault.ErrNoKey, "%s (there is no terminal where age could ask for a PIN or a passphrase; "+
		"secret unlock at one opens the vault for some hours)", text)
}

// terminal returns the terminal at which age may ask, or nil.
func (p Program) terminal() *prompt.Terminal {
	if p.Prompt == nil {
		return nil
	}
	t, err := p.Prompt.Terminal()
	if err != nil {
		return nil
	}
	return t
}

// environment leaves out the variable that makes age show the keys which it exchanges with a plugin.
func (p Program) environment() []string {
	return slices.DeleteFunc(slices.Clone(p.Environ), func(variable string) bool {
		return strings.HasPrefix(variable, "AGEDEBUG=")
	})
}

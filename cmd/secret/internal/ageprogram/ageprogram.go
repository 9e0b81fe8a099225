// Package ageprogram runs the program age, which uses SSH keys and age identities. See [unlock.Identity].
package ageprogram

import (
	"bytes"
	"errors"
	"fmt"
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
	var said messages
	var output bytes.Buffer
	cmd := exec.Command(program, string(action), "--identity", full)
	cmd.Env, cmd.Stdin, cmd.Stdout, cmd.Stderr = p.environment(), bytes.NewReader(input), &output, &said
	bounds := process.Bounds{Timeout: p.Timeout}
	var before *term.State
	t := p.terminal()
	if t != nil {
		defer t.Close()
		said.terminal, before = t.Out, t.State()
		bounds = process.Bounds{Attended: true}
	}
	prompter := p.Prompt
	if prompter == nil {
		prompter = new(prompt.Prompter)
	}
	signals, release := prompter.Signals()
	bounds.Signals = signals
	err = bounds.Run(cmd)
	// A key that the user presses reaches age as well, and perhaps first. It does not restore the terminal's echo then.
	killed := t != nil && cmd.ProcessState != nil && cmd.ProcessState.ExitCode() == -1
	if killed {
		t.Restore(before)
	}
	if killed || errors.Is(err, process.ErrSignaled) {
		return nil, vault.Errorf(prompt.ErrInterrupted, "interrupted; nothing was changed")
	}
	release()
	if err != nil {
		return nil, p.failure(path, err, said.reason(), t != nil)
	}
	return output.Bytes(), nil
}

// failure returns the error of a run of age that failed.
func (p Program) failure(path string, err error, reason string, attended bool) error {
	var exit *exec.ExitError
	switch {
	case errors.Is(err, process.ErrTimeout):
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

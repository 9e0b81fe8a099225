package main

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"syscall"

	"example.org/secret/cmd/secret/internal/escape"
	"example.org/secret/cmd/secret/internal/names"
	"example.org/secret/cmd/secret/internal/output"
	"example.org/secret/cmd/secret/internal/prompt"
	"example.org/secret/cmd/secret/internal/rotationview"
	"example.org/secret/rotate"
	"example.org/secret/vault"
	"example.org/secret/vault/durable"
	"example.org/secret/vault/password"
)

// The exit codes. They are a promise to scripts: none is ever reused.
const (
	exitDone    = 0
	exitFailed  = 1
	exitUsage   = 2
	exitMissing = 3
	exitNoKey   = 4
	exitExists  = 5
	exitDamaged = 6
	// exitInterrupted is the code that shells report for a program that SIGINT ended.
	exitInterrupted = 130
)

func noKeyf(format string, args ...any) error {
	return vault.Errorf(vault.ErrNoKey, format, args...)
}

// exitError carries the exit code of a command that this program ran. Without a text nothing is printed.
type exitError struct {
	code int
	text string
}

func (e *exitError) Error() string { return e.text }

func exitCode(err error) int {
	if exit, ok := errors.AsType[*exitError](err); ok {
		return exit.code
	}
	for _, c := range []struct {
		kind error
		code int
	}{
		{prompt.ErrInterrupted, exitInterrupted},
		{vault.ErrNoKey, exitNoKey},
		{vault.ErrDamaged, exitDamaged},
		{vault.ErrInvalid, exitUsage},
		{password.ErrRules, exitUsage},
		{rotate.ErrNothingPending, exitMissing},
		{rotate.ErrNotEnabled, exitMissing},
		{vault.ErrExists, exitExists},
		{vault.ErrBusy, exitExists},
		{vault.ErrKeyReplaced, exitExists},
		{vault.ErrRotatorRuns, exitExists},
		{vault.ErrNotFound, exitMissing},
		{vault.ErrDeleted, exitMissing},
	} {
		if errors.Is(err, c.kind) {
			return c.code
		}
	}
	return exitFailed
}

// report prints an error, once and on one line, and returns the exit code.
func (a *app) report(err error) int {
	if err == nil {
		return exitDone
	}
	if exit, ok := errors.AsType[*exitError](err); ok && exit.text == "" {
		return exit.code
	}
	fmt.Fprintf(a.out.Stderr, "secret: %s\n", a.errorText(err))
	return exitCode(err)
}

func (a *app) errorText(err error) string {
	text := escape.Text(err.Error())
	if hint := a.hintFor(err); hint != "" {
		text += "; " + hint
	}
	return text
}

// hintFor returns the advice for failures that are the same in every command.
func (a *app) hintFor(err error) string {
	rotating := errors.As(err, &rotationview.Failure{})
	gone, deleted := errors.AsType[*vault.DeletedError](err)
	missing, noSecret := errors.AsType[*vault.NoSecretError](err)
	switch {
	case errors.Is(err, output.ErrFailed):
		return ""
	case errors.Is(err, durable.ErrUnsynced):
		return "the change was made, and a power cut now could take it back; look at it, and make room"
	case rotating && errors.Is(err, syscall.ENOSPC):
		return "make room; the next secret rotate goes on from there"
	case rotating && (errors.Is(err, syscall.EROFS) || errors.Is(err, fs.ErrPermission)):
		return "the next secret rotate goes on from there"
	case errors.Is(err, vault.ErrNoVault):
		return "make one with: secret init"
	case errors.Is(err, vault.ErrNewerFormat):
		return "install a newer version of secret"
	case errors.Is(err, vault.ErrBusy):
		return "try again"
	case errors.Is(err, vault.ErrRotatorRuns):
		return "end it, or try again"
	case errors.Is(err, rotate.ErrNotEnabled):
		return "set it up with: secret rotation enable NAME --rotator PATH"
	case noSecret && a.opened != nil:
		if near := names.Near(a.opened, missing.Name); len(near) > 0 {
			return "did you mean " + strings.Join(near, " or ") + "?"
		}
		return "secret list shows which there are"
	case errors.Is(err, vault.ErrNoSuchValueKey):
		return "secret key list shows which there are"
	case errors.Is(err, vault.ErrNoValue):
		return "give it one with: secret set NAME"
	case errors.Is(err, vault.ErrNoVersion):
		return "secret history NAME shows which there are"
	case deleted:
		return "bring it back with: secret restore " + string(gone.Name)
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT), errors.Is(err, syscall.EFBIG):
		return "nothing was changed; make room and try again"
	case errors.Is(err, syscall.EROFS):
		return "nothing was changed; the file system cannot be written to"
	case errors.Is(err, fs.ErrPermission):
		return "nothing was changed; see whose it is and what its mode allows (ls -l)"
	}
	return ""
}

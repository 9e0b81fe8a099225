package main

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"syscall"

	"example.org/secret/cmd/secret/internal/escape"
	"example.org/secret/cmd/secret/internal/names"
	"example.org/secret/cmd/secret/internal/picked"
	"example.org/secret/cmd/secret/internal/prompt"
	"example.org/secret/cmd/secret/internal/ruleflags"
	"example.org/secret/rotate"
	"example.org/secret/vault"
	"example.org/secret/vault/durable"
	"example.org/secret/vault/password"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
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

func usagef(format string, args ...any) error {
	return vault.Errorf(vault.ErrInvalid, format, args...)
}

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
	fmt.Fprintf(a.stderr, "secret: %s\n", a.errorText(err))
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
	rotating := errors.As(err, &rotationFailure{})
	gone, deleted := errors.AsType[*vault.DeletedError](err)
	missing, noSecret := errors.AsType[*vault.NoSecretError](err)
	switch {
	case errors.Is(err, errOutput):
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

// unknownCommand is the Args of commands with subcommands, because cobra would ignore unknown words.
func unknownCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	text := fmt.Sprintf("there is no command %q", args[0])
	cmd.SuggestionsMinimumDistance = 2 // cobra sets its default only where it prints them itself
	if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
		text += "; did you mean " + strings.Join(near, " or ") + "?"
	} else {
		text += "; see " + cmd.CommandPath() + " --help"
	}
	return usagef("%s", text)
}

// checkFlagGroups refuses flags that cannot be used together, with our own words and exit code. Cobra has their names
// at the end of its error.
func checkFlagGroups(cmd *cobra.Command) error {
	err := cmd.ValidateFlagGroups()
	if err == nil {
		return nil
	}
	_, names, found := strings.Cut(err.Error(), "can be; [")
	if names, _, ok := strings.Cut(names, "]"); found && ok {
		return usagef("--%s exclude each other; see %s --help", strings.ReplaceAll(names, " ", " and --"), cmd.CommandPath())
	}
	return usagef("%v; see %s --help", err, cmd.CommandPath())
}

// checkEmptyFlags refuses an empty value, which an unset variable of a script leaves.
func checkEmptyFlags(cmd *cobra.Command) (err error) {
	mayBeEmpty := append([]string{"value", "description", "exclude-characters", "prefix", "window", "timezone"}, picked.PublicFields()...)
	cmd.Flags().Visit(func(f *pflag.Flag) {
		if f.Value.Type() == "string" && f.Value.String() == "" && !slices.Contains(mayBeEmpty, f.Name) {
			err = usagef("--%s is empty; give it a value, or leave it out", f.Name)
		}
	})
	return err
}

// flagError puts an error of the library for flags into our own words.
func flagError(cmd *cobra.Command, err error) error {
	if invalid, ok := errors.AsType[*pflag.InvalidValueError](err); ok {
		flag := invalid.GetFlag()
		if flag.Name == ruleflags.Name {
			return usagef("--%s: %v", flag.Name, invalid.Unwrap())
		}
		want := map[string]string{"int": "a number", "bool": "true or false", "duration": "a time such as 90s or 8h"}[flag.Value.Type()]
		return usagef("--%s takes %s, not %q; see %s --help", flag.Name, want, invalid.GetValue(), cmd.CommandPath())
	}
	return usagef("%v; see %s --help", err, cmd.CommandPath())
}

func noArgs(cmd *cobra.Command, args []string) error { return argCount(0, 0)(cmd, args) }

// argCount accepts least to most arguments. A negative most is no limit.
func argCount(least, most int) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) >= least && (most < 0 || len(args) <= most) {
			return nil
		}
		problem := "too many arguments"
		if len(args) < least {
			problem = "too few arguments"
		}
		return usagef("%s; usage: %s", problem, cmd.UseLine())
	}
}

// Package usage refuses wrong usage in the words of this program: one line, and [vault.ErrInvalid], which is exit code
// 2.
package usage

import (
	"fmt"
	"strings"

	"example.org/secret/vault"

	"github.com/spf13/cobra"
)

// Errorf returns an error of wrong usage.
func Errorf(format string, args ...any) error { return vault.Errorf(vault.ErrInvalid, format, args...) }

// UnknownCommand is the Args of commands with subcommands, because cobra would ignore unknown words.
func UnknownCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	text := fmt.Sprintf("unknown command %q", args[0])
	cmd.SuggestionsMinimumDistance = 2 // cobra sets its default only where it prints them itself
	if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
		text += "; did you mean " + strings.Join(near, " or ") + "?"
	} else {
		text += "; see " + cmd.CommandPath() + " --help"
	}
	return Errorf("%s", text)
}

// NoArgs accepts no argument.
func NoArgs(cmd *cobra.Command, args []string) error { return Args(0, 0)(cmd, args) }

// Args accepts least to most arguments. A negative most is no limit.
func Args(least, most int) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) >= least && (most < 0 || len(args) <= most) {
			return nil
		}
		problem := "too many arguments"
		if len(args) < least {
			problem = "too few arguments"
		}
		return Errorf("%s; usage: %s", problem, cmd.UseLine())
	}
}

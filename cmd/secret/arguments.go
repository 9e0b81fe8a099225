package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

// unknownCommand is the Args of commands with subcommands, because cobra would ignore unknown words.
func unknownCommand(cmd *cobra.Command, args []string) error {
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
	return usagef("%s", text)
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

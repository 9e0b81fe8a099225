package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"example.org/secret/cmd/secret/internal/picked"
	"example.org/secret/cmd/secret/internal/ruleflags"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
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

// checkFlagGroups refuses flags that cannot be used together, with our own words and exit code. Cobra has their names
// at the end of its error.
func checkFlagGroups(cmd *cobra.Command) error {
	err := cmd.ValidateFlagGroups()
	if err == nil {
		return nil
	}
	_, names, found := strings.Cut(err.Error(), "can be; [")
	if names, _, ok := strings.Cut(names, "]"); found && ok {
		return usagef("--%s cannot be used together; see %s --help",
			strings.ReplaceAll(names, " ", " and --"), cmd.CommandPath())
	}
	return usagef("%v; see %s --help", err, cmd.CommandPath())
}

// checkEmptyFlags refuses an empty value, which an unset variable of a script leaves.
func checkEmptyFlags(cmd *cobra.Command) (err error) {
	mayBeEmpty := append(picked.PublicFields(),
		"value", "description", "exclude-characters", "prefix", "window", "timezone")
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
		want := map[string]string{
			"int": "a number", "bool": "true or false", "duration": "a time such as 90s or 8h",
		}[flag.Value.Type()]
		return usagef("--%s takes %s, not %q; see %s --help", flag.Name, want, invalid.GetValue(), cmd.CommandPath())
	}
	return usagef("%v; see %s --help", err, cmd.CommandPath())
}

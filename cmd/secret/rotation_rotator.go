package main

import (
	"example.org/secret/cmd/secret/internal/usage"
	"example.org/secret/examples/rotators"
	"example.org/secret/vault"

	"github.com/spf13/cobra"
)

func newRotationRotatorCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "rotator",
		Aliases: []string{"rotators"},
		Short:   "Write and check rotators, the programs that change secrets",
		Long: `Write and check rotators. A rotator is a program that changes a secret where it
is used. It is called with a step (create, set, test or finish), gets the values
on standard input and in its environment, and answers with its exit code. Some
come with this program: short shell scripts to read and change.`,
		Example: `  secret rotation rotator list
  secret rotation rotator new postgres
  secret rotation rotator check postgres --secret prod/db`,
		Args: usage.UnknownCommand,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newRotationRotatorListCommand(a), newRotationRotatorShowCommand(a),
		newRotationRotatorNewCommand(a), newRotationRotatorCheckCommand(a))
	return cmd
}

// newRotatorAlias makes secret rotator, the earlier name of secret rotation rotator.
func newRotatorAlias(a *app) *cobra.Command {
	cmd := newRotationRotatorCommand(a)
	cmd.Hidden = true
	return cmd
}

// builtInRotator returns the source of a rotator.
func builtInRotator(name string) ([]byte, error) {
	text, err := rotators.Read(name)
	if err != nil {
		return nil, vault.Errorf(vault.ErrNotFound,
			"there is no built-in rotator %q; see: secret rotation rotator list", name)
	}
	return text, nil
}

func completeBuiltInRotators(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, noFiles
	}
	return rotators.Names(), noFiles
}

package main

import (
	"example.org/secret/examples/rotators"
	"example.org/secret/vault"

	"github.com/spf13/cobra"
)

func newRotationRotatorShowCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:               "show NAME",
		Short:             "Print a built-in rotator",
		Example:           "  secret rotation rotator show postgres",
		Args:              argCount(1, 1),
		ValidArgsFunction: completeBuiltInRotators,
		RunE: func(_ *cobra.Command, args []string) error {
			text, err := builtInRotator(args[0])
			if err != nil {
				return err
			}
			return a.write(text)
		},
	}
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

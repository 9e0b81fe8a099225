package main

import (
	"example.org/secret/cmd/secret/internal/usage"

	"github.com/spf13/cobra"
)

func newRotationRotatorShowCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:               "show NAME",
		Short:             "Print a built-in rotator",
		Example:           "  secret rotation rotator show postgres",
		Args:              usage.Args(1, 1),
		ValidArgsFunction: completeBuiltInRotators,
		RunE: func(_ *cobra.Command, args []string) error {
			text, err := builtInRotator(args[0])
			if err != nil {
				return err
			}
			return a.out.Write(text)
		},
	}
}

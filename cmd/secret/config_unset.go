package main

import (
	"example.org/secret/cmd/secret/internal/usage"

	"github.com/spf13/cobra"
)

func newConfigUnsetCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:               "unset NAME",
		Short:             "Take a default out of the configuration file",
		Example:           "  secret config unset history",
		Args:              usage.Args(1, 1),
		ValidArgsFunction: completeSettings,
		RunE:              func(_ *cobra.Command, args []string) error { return a.dirs().Unset(args[0]) },
	}
}

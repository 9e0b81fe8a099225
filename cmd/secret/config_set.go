package main

import (
	"example.org/secret/cmd/secret/internal/usage"

	"github.com/spf13/cobra"
)

func newConfigSetCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:               "set NAME VALUE",
		Short:             "Change a default in the configuration file",
		Example:           "  secret config set history 50",
		Args:              usage.Args(2, 2),
		ValidArgsFunction: completeSettings,
		RunE:              func(_ *cobra.Command, args []string) error { return a.dirs().Set(args[0], args[1]) },
	}
}

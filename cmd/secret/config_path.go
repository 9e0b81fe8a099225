package main

import (
	"example.org/secret/cmd/secret/internal/usage"

	"github.com/spf13/cobra"
)

func newConfigPathCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:     "path",
		Short:   "Print where the configuration file is",
		Example: "  $EDITOR \"$(secret config path)\"",
		Args:    usage.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			path, err := a.dirs().ConfigFile()
			if err != nil {
				return err
			}
			return a.out.Printf("%s\n", path)
		},
	}
}

package main

import (
	"example.org/secret/cmd/secret/internal/settings"
	"example.org/secret/cmd/secret/internal/usage"

	"github.com/spf13/cobra"
)

func newConfigGetCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:               "get NAME",
		Short:             "Print one default",
		Example:           "  secret config get vault",
		Args:              usage.Args(1, 1),
		ValidArgsFunction: completeSettings,
		RunE:              func(_ *cobra.Command, args []string) error { return a.runConfigGet(args[0]) },
	}
}

func (a *app) runConfigGet(name string) error {
	known, err := settings.Find(name)
	if err != nil {
		return err
	}
	s, err := a.loadSettings()
	if err != nil {
		return err
	}
	return a.out.Printf("%s\n", known.Value(s))
}

package main

import (
	"example.org/secret/cmd/secret/internal/usage"

	"github.com/spf13/cobra"
)

func newHistoryCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "history NAME",
		Aliases: []string{"versions", "log"},
		Short:   "List the versions of a secret",
		Long:    "List the versions of a secret, the newest first, without their values.",
		Example: `  secret history prod/db
  secret history prod/db --json
  secret get prod/db --version 3`,
		Args:              usage.Args(1, 1),
		ValidArgsFunction: a.completeNames(1),
		RunE:              func(_ *cobra.Command, args []string) error { return a.runHistory(args[0]) },
	}
	cmd.Flags().BoolVar(&a.jsonFlag, "json", false, "print JSON")
	return cmd
}

func (a *app) runHistory(name string) error {
	s, err := a.getSecretMeta(name)
	if err != nil {
		return err
	}
	return a.view().History(s)
}

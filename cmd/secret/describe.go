package main

import (
	"example.org/secret/cmd/secret/internal/usage"

	"github.com/spf13/cobra"
)

func newDescribeCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:               "describe NAME",
		Aliases:           []string{"info", "inspect"},
		Short:             "Describe a secret, without its value",
		Example:           "  secret describe prod/db\n  secret describe prod/db --json",
		Args:              usage.Args(1, 1),
		ValidArgsFunction: a.completeNames(1),
		RunE:              func(_ *cobra.Command, args []string) error { return a.runDescribe(args[0]) },
	}
	cmd.Flags().BoolVar(&a.jsonFlag, "json", false, "print JSON")
	return cmd
}

func (a *app) runDescribe(nameArg string) error {
	s, err := a.getSecretMeta(nameArg)
	if err != nil {
		return err
	}
	return a.view().Describe(s)
}

package main

import (
	"example.org/secret/cmd/secret/internal/usage"

	"github.com/spf13/cobra"
)

func newRenameCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:               "rename NAME NEW-NAME",
		Aliases:           []string{"mv", "move"},
		Short:             "Give a secret another name",
		Long:              "Give a secret another name. Its history and everything else stay.",
		Example:           "  secret rename prod/db prod/billing/db",
		Args:              usage.Args(2, 2),
		ValidArgsFunction: a.completeNames(2),
		RunE: func(_ *cobra.Command, args []string) error {
			from, to, err := parseTwoNames(args)
			if err != nil {
				return err
			}
			v, err := a.openVault()
			if err != nil {
				return err
			}
			if _, err := v.Rename(from, to); err != nil {
				return err
			}
			a.out.Sayf("Renamed %s to %s.\n", from, to)
			return nil
		},
	}
}

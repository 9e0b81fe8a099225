package main

import (
	"example.org/secret/cmd/secret/internal/usage"
	"example.org/secret/vault"

	"github.com/spf13/cobra"
)

func newRestoreCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:               "restore NAME",
		Aliases:           []string{"undelete"},
		Short:             "Bring a deleted secret back",
		Example:           "  secret list --deleted\n  secret restore old/key",
		Args:              usage.Args(1, 1),
		ValidArgsFunction: a.completeDeletedNames,
		RunE: func(_ *cobra.Command, args []string) error {
			s, err := a.updateSecretMeta(args[0], (*vault.Secret).Restore)
			if err != nil {
				return err
			}
			a.out.Sayf("Restored %s.\n", s.Name)
			return nil
		},
	}
}

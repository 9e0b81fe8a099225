package main

import (
	"example.org/secret/cmd/secret/internal/usage"
	"example.org/secret/vault"

	"github.com/spf13/cobra"
)

func newUntagCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:               "untag NAME KEY...",
		Short:             "Take tags off a secret",
		Example:           "  secret untag prod/db team",
		Args:              usage.Args(2, -1),
		ValidArgsFunction: a.completeTags,
		RunE: func(_ *cobra.Command, args []string) error {
			_, err := a.updateSecretMeta(args[0], func(s *vault.Secret) error {
				for _, key := range args[1:] {
					if err := s.Untag(key); err != nil {
						return err
					}
				}
				return nil
			})
			return err
		},
	}
}

package main

import (
	"example.org/secret/cmd/secret/internal/usage"
	"example.org/secret/vault"

	"github.com/spf13/cobra"
)

func newTagCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:               "tag NAME KEY=VALUE...",
		Short:             "Add tags to a secret, or change them",
		Example:           "  secret tag prod/db team=billing env=prod",
		Args:              usage.Args(2, -1),
		ValidArgsFunction: a.completeNames(1),
		RunE: func(_ *cobra.Command, args []string) error {
			tags, err := parseTags(args[1:])
			if err != nil {
				return err
			}
			_, err = a.updateSecretMeta(args[0], func(s *vault.Secret) error { return applyTags(s, tags) })
			return err
		},
	}
}

package main

import (
	"strings"

	"example.org/secret/vault"

	"github.com/spf13/cobra"
)

func newTagCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:               "tag NAME KEY=VALUE...",
		Short:             "Add tags to a secret, or change them",
		Example:           "  secret tag prod/db team=billing env=prod",
		Args:              argCount(2, -1),
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

func newUntagCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:               "untag NAME KEY...",
		Short:             "Take tags off a secret",
		Example:           "  secret untag prod/db team",
		Args:              argCount(2, -1),
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

func parseTags(args []string) (map[string]string, error) {
	tags := map[string]string{}
	for _, arg := range args {
		key, value, ok := strings.Cut(arg, "=")
		if !ok {
			return nil, usagef("a tag has the form KEY=VALUE, not %q", arg)
		}
		tags[key] = value
	}
	return tags, nil
}

func applyTags(s *vault.Secret, tags map[string]string) error {
	for key, value := range tags {
		if err := s.Tag(key, value); err != nil {
			return err
		}
	}
	return nil
}

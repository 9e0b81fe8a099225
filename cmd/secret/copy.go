package main

import (
	"example.org/secret/cmd/secret/internal/picked"
	"example.org/secret/cmd/secret/internal/usage"
	"example.org/secret/vault"

	"github.com/spf13/cobra"
)

func newCopyCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:     "copy NAME NEW-NAME",
		Aliases: []string{"cp"},
		Short:   "Store a secret's value under another name",
		Long: `Store the current value, the description and the tags of a secret under another
name, which must be free. The history stays with the original, and the copy is
under the same key.`,
		Example:           "  secret copy prod/db staging/db",
		Args:              usage.Args(2, 2),
		ValidArgsFunction: a.completeNames(2),
		RunE:              func(_ *cobra.Command, args []string) error { return a.runCopy(args) },
	}
}

func (a *app) runCopy(args []string) error {
	from, to, err := parseTwoNames(args)
	if err != nil {
		return err
	}
	v, err := a.openVault()
	if err != nil {
		return err
	}
	original, err := picked.Find(v, vault.Reference{Name: from})
	if err != nil {
		return err
	}
	_, err = v.Upsert(to, func(s *vault.Secret) error {
		if s.Exists() {
			return vault.Errorf(vault.ErrExists, "there is a secret named %q already", to)
		}
		s.Annotations = original.Secret.Annotations
		if err := s.SetKey(original.Secret.Key); err != nil {
			return err
		}
		return s.Add(vault.NewVersion{
			Kind: original.Kind(), Value: original.Version.Value, Origin: vault.OriginSet,
		})
	})
	if err != nil {
		return err
	}
	a.out.Sayf("Copied %s to %s.\n", from, to)
	return nil
}

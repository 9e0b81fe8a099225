package main

import (
	"example.org/secret/cmd/secret/internal/usage"
	"example.org/secret/rotate"
	"example.org/secret/vault"

	"github.com/spf13/cobra"
)

func newRollbackCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "rollback NAME [VERSION]",
		Short: "Make an earlier value the current one again",
		Long: `Store the value of an earlier version, by default the previous one, as a new
version. Nothing in the history is rewritten, so a rollback can be rolled back.`,
		Example: `  secret rollback prod/db
  secret rollback prod/db 3`,
		Args:              usage.Args(1, 2),
		ValidArgsFunction: a.completeNameAndVersions,
		RunE: func(_ *cobra.Command, args []string) error {
			sel := vault.Selector{Label: vault.Previous}
			if len(args) == 2 {
				var err error
				if sel, err = parseVersionArg(args[1]); err != nil {
					return err
				}
			}
			return a.runRollback(args[0], sel)
		},
	}
}

func (a *app) runRollback(name string, sel vault.Selector) error {
	var from vault.Version
	rotating := false
	s, err := a.updateSecret(name, func(s *vault.Secret) (err error) {
		if err := s.Deleted(); err != nil {
			return err
		}
		if _, ok := s.Labels[vault.Previous]; !ok && sel.Label == vault.Previous {
			return noPrevious(s, "rollback")
		}
		if from, err = s.Find(sel); err != nil {
			return err
		}
		rotating = rotate.UnderWay(s)
		return s.Add(vault.NewVersion{
			Kind: from.Kind, AnyKind: true, Value: from.Value, Origin: vault.OriginRollback, From: from.Number,
		})
	})
	if err != nil {
		return err
	}
	if rotating {
		a.warnGivenUp(s.Name)
	}
	a.out.Sayf("%s has the value of version %d again, as version %d.\n",
		s.Name, from.Number, s.Versions[len(s.Versions)-1].Number)
	return nil
}

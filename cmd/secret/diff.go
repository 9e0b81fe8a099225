package main

import (
	"example.org/secret/cmd/secret/internal/usage"
	"example.org/secret/vault"

	"github.com/spf13/cobra"
)

func newDiffCommand(a *app) *cobra.Command {
	var reveal bool
	cmd := &cobra.Command{
		Use:   "diff NAME [VERSION [VERSION]]",
		Short: "Compare two versions",
		Long: `Tell which fields differ between two versions: by default the previous and the
current one; with one version, that and the current one. Values are shown only
with --reveal.`,
		Example: `  secret diff prod/db
  secret diff prod/db 2 5 --reveal`,
		Args:              usage.Args(1, 3),
		ValidArgsFunction: a.completeNameAndVersions,
		RunE:              func(_ *cobra.Command, args []string) error { return a.runDiff(reveal, args) },
	}
	cmd.Flags().BoolVar(&reveal, "reveal", false, "show the values")
	cmd.Flags().BoolVar(&a.jsonFlag, "json", false, "print JSON")
	return cmd
}

func (a *app) runDiff(reveal bool, args []string) error {
	selectors := []vault.Selector{{Label: vault.Previous}, {Label: vault.Current}}
	for i, arg := range args[1:] {
		var err error
		if selectors[i], err = parseVersionArg(arg); err != nil {
			return err
		}
	}
	s, err := a.getSecret(args[0])
	if err != nil {
		return err
	}
	if err := s.Deleted(); err != nil {
		return err
	}
	if _, ok := s.Labels[vault.Previous]; !ok && len(args) == 1 {
		return noPrevious(s, "diff")
	}
	before, err := s.Find(selectors[0])
	if err != nil {
		return err
	}
	after, err := s.Find(selectors[1])
	if err != nil {
		return err
	}
	return a.view().Diff(s, before, after, reveal)
}

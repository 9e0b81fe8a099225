package main

import (
	"example.org/secret/cmd/secret/internal/usage"

	"github.com/spf13/cobra"
)

func newPurgeCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:     "purge",
		Short:   "Remove the files of deleted secrets whose time has passed",
		Example: "  secret purge",
		Args:    usage.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			v, err := a.openVault()
			if err != nil {
				return err
			}
			purged, err := v.Purge()
			for _, name := range purged {
				a.out.Sayf("Removed %s.\n", name)
			}
			return err
		},
	}
}

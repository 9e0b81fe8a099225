package main

import (
	"example.org/secret/cmd/secret/internal/endpoint/clients"
	"example.org/secret/cmd/secret/internal/usage"

	"github.com/spf13/cobra"
)

func newServeClientRemoveCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:               "remove NAME",
		Aliases:           []string{"rm"},
		Short:             "Remove a client, whose key is refused from then on",
		Example:           "  secret serve client remove web",
		Args:              usage.Args(1, 1),
		ValidArgsFunction: a.completeClients,
		RunE: func(_ *cobra.Command, args []string) error {
			v, err := a.openVault()
			if err != nil {
				return err
			}
			if err := clients.Remove(v, args[0]); err != nil {
				return err
			}
			a.out.Sayf("Removed the client %s.\n", args[0])
			return nil
		},
	}
}

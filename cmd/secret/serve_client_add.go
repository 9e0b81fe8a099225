package main

import (
	"example.org/secret/cmd/secret/internal/endpoint/clients"
	"example.org/secret/cmd/secret/internal/usage"

	"github.com/spf13/cobra"
)

func newServeClientAddCommand(a *app) *cobra.Command {
	var allow []string
	var write bool
	cmd := &cobra.Command{
		Use:   "add NAME",
		Short: "Make a client, and print its access key once",
		Example: `  secret serve client add web --allow 'prod/*' --allow shared/smtp
  secret serve client add deploy --write >> deploy.env`,
		Args:              usage.Args(1, 1),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE:              func(_ *cobra.Command, args []string) error { return a.runServeClientAdd(args[0], allow, write) },
	}
	cmd.Flags().StringArrayVar(&allow, "allow", nil, "only secrets of this name or `glob`")
	cmd.Flags().BoolVar(&write, "write", false, "let the client change secrets")
	return cmd
}

func (a *app) runServeClientAdd(name string, allow []string, write bool) error {
	v, err := a.openVault()
	if err != nil {
		return err
	}
	client, err := clients.Add(v, a.rand, name, allow, write)
	if err != nil {
		return err
	}
	return a.out.Printf("AWS_ACCESS_KEY_ID=%s\nAWS_SECRET_ACCESS_KEY=%s\n", client.ID, client.Secret)
}

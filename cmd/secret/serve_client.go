package main

import (
	"example.org/secret/cmd/secret/internal/endpoint/clients"
	"example.org/secret/cmd/secret/internal/usage"

	"github.com/spf13/cobra"
)

func newServeClientCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "client",
		Short: "See and change the programs that secret serve answers",
		Long: `See and change the programs that secret serve answers. A client is kept in the
vault, as the secret secret-serve/NAME.`,
		Example: `  secret serve client add web --allow 'prod/*'
  secret serve client list
  secret serve client remove web`,
		Args: usage.UnknownCommand,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newServeClientAddCommand(a), newServeClientListCommand(a), newServeClientRemoveCommand(a))
	return cmd
}

func (a *app) completeClients(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, noFiles
	}
	v, err := a.openVaultQuietly()
	if err != nil {
		return nil, noFiles
	}
	all, _ := clients.List(v)
	names := make([]string, len(all))
	for i, client := range all {
		names[i] = client.Name
	}
	return names, noFiles
}

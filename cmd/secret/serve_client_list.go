package main

import (
	"cmp"
	"strings"

	"example.org/secret/cmd/secret/internal/endpoint/clients"
	"example.org/secret/cmd/secret/internal/usage"

	"github.com/spf13/cobra"
)

func newServeClientListCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "list",
		Aliases: []string{"ls"},
		Short:   "List the clients",
		Example: "  secret serve client list --json",
		Args:    usage.Args(0, 0),
		RunE:    func(*cobra.Command, []string) error { return a.runServeClientList() },
	}
	cmd.Flags().BoolVar(&a.jsonFlag, "json", false, "print JSON")
	return cmd
}

// clientJSON is a client without the secret part of its key.
type clientJSON struct {
	Name  string   `json:"name"`
	KeyID string   `json:"access_key_id"`
	Allow []string `json:"allow"` // empty for all
	Write bool     `json:"write"`
}

func (a *app) runServeClientList() error {
	v, err := a.openVault()
	if err != nil {
		return err
	}
	all, failed := clients.List(v)
	lines := []clientJSON{}
	var rows [][]string
	for _, c := range all {
		lines = append(lines, clientJSON{c.Name, c.ID, append([]string{}, c.Allow...), c.Write})
		allow, access := strings.Join(c.Allow, " "), "read"
		if allow == "" {
			allow = "all"
		}
		if c.Write {
			access = "write"
		}
		rows = append(rows, []string{c.Name, c.ID, access, allow})
	}
	if a.jsonFlag {
		err = a.out.JSON(lines)
	} else {
		err = a.out.Table([]string{"NAME", "KEY", "ACCESS", "SECRETS"}, rows)
	}
	return cmp.Or(err, failed)
}

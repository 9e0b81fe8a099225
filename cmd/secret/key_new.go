package main

import (
	"example.org/secret/cmd/secret/internal/usage"
	"example.org/secret/crypto"

	"github.com/spf13/cobra"
)

func newKeyNewCommand(a *app) *cobra.Command {
	var passphrase bool
	cmd := &cobra.Command{
		Use:     "new NAME",
		Aliases: []string{"create", "make"},
		Short:   "Make a value key, to put secrets under",
		Long: `Make a value key. The values of a secret that is put under it, with secret set
--key, are sealed to it inside the secret's file. The secret is listed, described
and renamed without that key. To read it or to give it a new value takes the key.

The key is in the vault and opens with it, so that nothing is asked for. With
--passphrase it takes a passphrase of its own as well, each time: another person
at your unlocked machine, or a cron job, cannot read its secrets. A forgotten
passphrase cannot be replaced.`,
		Example: `  secret key new payroll
  secret key new vip --passphrase
  secret set prod/db --key vip --keep-value`,
		Args:              usage.Args(1, 1),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE:              func(_ *cobra.Command, args []string) error { return a.runKeyNew(args[0], passphrase) },
	}
	cmd.Flags().BoolVar(&passphrase, "passphrase", false, "behind a passphrase of its own")
	return cmd
}

func (a *app) runKeyNew(name string, passphrase bool) error {
	v, err := a.openVault()
	if err != nil {
		return err
	}
	var seal func(crypto.MasterKey) ([]byte, error)
	if passphrase {
		seal = a.passphrase().SealToNew
	}
	if err := v.NewValueKey(name, seal); err != nil {
		return err
	}
	a.out.Sayf("Made the key %s; put a secret under it with: secret set NAME --key %s\n", name, name)
	return nil
}

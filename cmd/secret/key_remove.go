package main

import (
	"example.org/secret/cmd/secret/internal/usage"
	"example.org/secret/vault"

	"github.com/spf13/cobra"
)

func newKeyRemoveCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:               "remove keyring | passphrase | recovery | key-file | identity",
		Aliases:           []string{"rm"},
		Short:             "Remove an unlocker from the vault",
		Long:              "Remove an unlocker from the vault. The last one stays. A key file itself is not deleted.",
		Example:           "  secret key remove passphrase",
		Args:              usage.Args(1, 1),
		ValidArgsFunction: completeUnlockers,
		RunE:              func(_ *cobra.Command, args []string) error { return a.runKeyRemove(vault.Unlocker(args[0])) },
	}
}

func (a *app) runKeyRemove(unlocker vault.Unlocker) error {
	v, key, err := a.unlockVault()
	if err != nil {
		return err
	}
	if err := v.RemoveUnlocker(unlocker); err != nil {
		return err
	}
	if unlocker != vault.Keyring {
		return nil
	}
	if err := a.keyring.Delete(key.VaultID()); err != nil {
		return noKeyf("the vault no longer uses the keyring, but its entry there could not be deleted (%v); delete it "+
			"there: service secret, account %s",
			err, key.VaultID())
	}
	return nil
}

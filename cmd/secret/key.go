package main

import (
	"example.org/secret/cmd/secret/internal/usage"
	"example.org/secret/vault"

	"github.com/spf13/cobra"
)

func newKeyCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "key",
		Short: "See and change how the vault is unlocked",
		Long: `See and change the unlockers of the vault: the places that hold its master key.
They are the keyring of the operating system, a key file, a passphrase, a
recovery sheet, and an SSH key or age identity. Each opens the same vault.
Replace the key itself (secret key rotate) if another person may have it.

A value key is another kind of key: the values of secrets can be put under one,
with secret set --key. See secret key new.`,
		Example: `  secret key list
  secret key add keyring
  secret key add recovery
  secret key add key-file ~/usb/secret.key
  secret key add identity ~/.ssh/id_ed25519
  secret key remove passphrase
  secret key rotate
  secret key new payroll --passphrase`,
		Args: usage.UnknownCommand,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newKeyListCommand(a), newKeyRotateCommand(a), newKeyAddCommand(a), newKeyRemoveCommand(a),
		newKeyNewCommand(a), newKeyDeleteCommand(a))
	return cmd
}

// completeUnlockers completes an unlocker, and its file if it is added with one.
func completeUnlockers(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	switch {
	case len(args) == 0:
		var names []string
		for _, unlocker := range vault.Unlockers() {
			names = append(names, string(unlocker))
		}
		return names, noFiles
	case cmd.Name() == "add" && len(args) == 1 && takesFile(vault.Unlocker(args[0])):
		return nil, cobra.ShellCompDirectiveDefault
	}
	return nil, noFiles
}

// takesFile reports whether an unlocker is added with a file of the user's.
func takesFile(unlocker vault.Unlocker) bool {
	return unlocker == vault.KeyFile || unlocker == vault.Identity
}

package main

import (
	"slices"

	"example.org/secret/cmd/secret/internal/escape"
	"example.org/secret/crypto"
	"example.org/secret/vault"

	"github.com/spf13/cobra"
)

func newKeyCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "key",
		Short: "See and change how the vault is unlocked",
		Long: `See and change the ways to the vault's master key: the keyring of the operating
system, a key file, a passphrase, a recovery sheet, an SSH key or age identity.
Each opens the same vault. Replace the key itself, where somebody may have got
hold of it.

Value keys are another matter: the values of secrets can be put under one, with
secret set --key. See secret key new.`,
		Example: `  secret key list
  secret key add keyring
  secret key add recovery
  secret key add key-file ~/usb/secret.key
  secret key add identity ~/.ssh/id_ed25519
  secret key remove passphrase
  secret key rotate
  secret key new payroll --passphrase`,
		Args: unknownCommand,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	list := &cobra.Command{
		Use:     "list",
		Aliases: []string{"ls"},
		Short:   "List the ways to unlock the vault, and its value keys",
		Example: "  secret key list --json",
		Args:    noArgs,
		RunE:    func(*cobra.Command, []string) error { return a.runKeyList() },
	}
	list.Flags().BoolVar(&a.jsonFlag, "json", false, "print JSON")
	cmd.AddCommand(list, newKeyRotateCommand(a), &cobra.Command{
		Use:   "add keyring | passphrase | recovery | key-file PATH | identity PATH",
		Short: "Add a way to unlock the vault",
		Long: `Add a way to unlock the vault. A second passphrase, recovery sheet or identity
takes the place of the first.

An identity is an SSH key (Ed25519 or RSA), or a file of age identities as the
age plugins for YubiKeys, TPMs or the Secure Enclave make it. The program age
(https://age-encryption.org) uses it, and asks for its PIN or passphrase at the
terminal. Name it as you name a key file, with --key-file, SECRET_KEY_FILE or
secret config set key-file; ~/.ssh/id_ed25519 and ~/.ssh/id_rsa are tried without
that, after the keyring and before a passphrase is asked for. secret unlock spares
you the PIN for some hours, as a session goes before an identity.`,
		Example:           "  secret key add recovery\n  secret key add identity ~/.ssh/id_ed25519\n  secret key add identity ~/yubikey.txt",
		Args:              argCount(1, 2),
		ValidArgsFunction: completeWays,
		RunE:              func(_ *cobra.Command, args []string) error { return a.runKeyAdd(args) },
	}, &cobra.Command{
		Use:               "remove keyring | passphrase | recovery | key-file | identity",
		Aliases:           []string{"rm"},
		Short:             "Take a way to unlock the vault away",
		Long:              "Take a way to unlock the vault away. The last one stays; a key file itself is left where it is.",
		Example:           "  secret key remove passphrase",
		Args:              argCount(1, 1),
		ValidArgsFunction: completeWays,
		RunE:              func(_ *cobra.Command, args []string) error { return a.runKeyRemove(args[0]) },
	})
	cmd.AddCommand(newKeyNewCommand(a), newKeyDeleteCommand(a))
	return cmd
}

var ways = []vault.Unlocker{vault.Keyring, vault.KeyFile, vault.Passphrase, vault.Recovery, vault.Identity}

func completeWays(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	switch {
	case len(args) == 0:
		var names []string
		for _, way := range ways {
			names = append(names, string(way))
		}
		return names, noFiles
	case cmd.Name() == "add" && hasPath(vault.Unlocker(args[0])):
		return nil, cobra.ShellCompDirectiveDefault
	}
	return nil, noFiles
}

// hasPath tells the ways that are added with a file of the user's.
func hasPath(way vault.Unlocker) bool { return way == vault.KeyFile || way == vault.Identity }

func (a *app) runKeyList() error {
	dir, err := a.vaultDir()
	if err != nil {
		return err
	}
	header, err := vault.ReadHeader(dir)
	if err != nil {
		return err
	}
	keys, err := a.valueKeys(header)
	if err != nil {
		return err
	}
	if a.jsonFlag {
		return a.printJSON(map[string]any{"vault": header.Dir, "id": header.ID, "unlock": header.Unlock, "keys": keys})
	}
	for _, way := range header.Unlock {
		// What the header says is not sealed: anybody who can write there wrote it.
		if err := a.printf("%s\n", escape.Text(string(way))); err != nil {
			return err
		}
	}
	for _, key := range keys {
		if err := a.printf("%s\n", key); err != nil {
			return err
		}
	}
	return nil
}

func (a *app) runKeyAdd(args []string) error {
	way := vault.Unlocker(args[0])
	if !slices.Contains(ways, way) {
		return usagef("%q is not a way to unlock a vault; add keyring, passphrase, recovery, key-file or identity", args[0])
	}
	if hasPath(way) != (len(args) == 2) {
		return usagef("usage: secret key add key-file PATH or identity PATH, or secret key add keyring, passphrase or recovery")
	}
	header, key, err := a.unlock(a.findKey)
	if err != nil {
		return err
	}
	v, err := a.openWith(header, key)
	if err != nil {
		return err
	}
	master := key.MasterKey()
	var sealed []byte
	switch way {
	case vault.Keyring:
		return v.AddUnlockerBy(way, func() error {
			if err := a.keyring.Set(header.ID, master.Reveal()); err != nil {
				return noKeyf("%v, and nothing was changed; %s", err,
					keyringHint(err, "add another way: secret key add passphrase"))
			}
			return nil
		})
	case vault.KeyFile:
		if err := writeKeyFile(args[1], header.ID, master); err != nil {
			return err
		}
	case vault.Passphrase:
		typed, err := a.newPassphrase()
		if err != nil {
			return err
		}
		if sealed, err = crypto.SealWithPassphrase(typed, passphraseWork, master); err != nil {
			return err
		}
	case vault.Recovery:
		if sealed, err = a.makeRecovery(master); err != nil {
			return err
		}
	case vault.Identity:
		if sealed, err = a.sealToIdentity(master, args[1]); err != nil {
			return err
		}
	}
	if err := v.AddUnlocker(way, sealed); err != nil {
		return err
	}
	if way == vault.Identity {
		a.sayf("The vault opens with %s now; name it with --key-file, SECRET_KEY_FILE or: secret config set key-file %s\n", args[1], args[1])
	}
	return nil
}

func (a *app) runKeyRemove(wayArg string) error {
	header, key, err := a.unlock(a.findKey)
	if err != nil {
		return err
	}
	v, err := a.openWith(header, key)
	if err != nil {
		return err
	}
	way := vault.Unlocker(wayArg)
	if err := v.RemoveUnlocker(way); err != nil {
		return err
	}
	if way != vault.Keyring {
		return nil
	}
	if err := a.keyring.Delete(header.ID); err != nil {
		return noKeyf("the vault no longer uses the keyring, but its entry there could not be deleted (%v); delete it there: service secret, account %s",
			err, header.ID)
	}
	return nil
}

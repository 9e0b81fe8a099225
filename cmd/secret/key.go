package main

import (
	"errors"
	"fmt"
	"io/fs"

	"example.org/secret/crypto"
	"example.org/secret/vault"

	"github.com/spf13/cobra"
)

func newKeyCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "key",
		Short: "See and change how the vault is unlocked",
		Long: `See and change the ways to the vault's master key: the keyring of the operating
system, a key file, a passphrase, a recovery sheet. Each opens the same vault.
Replace the key itself, where somebody may have got hold of it.`,
		Example: `  secret key list
  secret key add keyring
  secret key add recovery
  secret key add key-file ~/usb/secret.key
  secret key remove passphrase
  secret key rotate`,
		Args: unknownCommand,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	list := &cobra.Command{
		Use:     "list",
		Aliases: []string{"ls"},
		Short:   "List the ways to unlock the vault",
		Example: "  secret key list --json",
		Args:    noArgs,
		RunE:    func(*cobra.Command, []string) error { return a.runKeyList() },
	}
	list.Flags().BoolVar(&a.jsonFlag, "json", false, "print JSON")
	ways := cobra.FixedCompletions([]string{"keyring", "key-file", "passphrase", "recovery"}, cobra.ShellCompDirectiveNoFileComp)
	cmd.AddCommand(list, newKeyRotateCommand(a), &cobra.Command{
		Use:               "add keyring | passphrase | recovery | key-file PATH",
		Short:             "Add a way to unlock the vault",
		Example:           "  secret key add recovery",
		Args:              argCount(1, 2),
		ValidArgsFunction: ways,
		RunE:              func(_ *cobra.Command, args []string) error { return a.runKeyAdd(args) },
	}, &cobra.Command{
		Use:               "remove keyring | passphrase | recovery | key-file",
		Aliases:           []string{"rm"},
		Short:             "Take a way to unlock the vault away",
		Long:              "Take a way to unlock the vault away. The last one stays; a key file itself is left where it is.",
		Example:           "  secret key remove passphrase",
		Args:              argCount(1, 1),
		ValidArgsFunction: ways,
		RunE:              func(_ *cobra.Command, args []string) error { return a.runKeyRemove(args[0]) },
	})
	return cmd
}

func (a *app) runKeyList() error {
	dir, err := a.vaultDir()
	if err != nil {
		return err
	}
	header, err := vault.ReadHeader(dir)
	if err != nil {
		return err
	}
	if a.jsonFlag {
		return a.printJSON(map[string]any{"vault": header.Dir, "id": header.ID, "unlock": header.Unlock})
	}
	for _, way := range header.Unlock {
		// What the header says is not sealed: anybody who can write there wrote it.
		if err := a.printf("%s\n", visible(string(way))); err != nil {
			return err
		}
	}
	return nil
}

func (a *app) runKeyAdd(args []string) error {
	way := vault.Way(args[0])
	if (way == vault.KeyFile) != (len(args) == 2) {
		return usagef("usage: secret key add key-file PATH, or secret key add keyring, passphrase or recovery")
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
		if err := writeKeyFile(args[1], header.ID, master); errors.Is(err, fs.ErrExist) {
			return &commandError{vault.ErrExists, fmt.Sprintf("there is a file %s already; name another place", args[1])}
		} else if err != nil {
			return fmt.Errorf("making the key file: %w", err)
		}
	case vault.Passphrase:
		typed, err := a.newPassphrase()
		if err != nil {
			return err
		}
		if sealed, err = crypto.SealWithPassphrase(master, typed, passphraseWork); err != nil {
			return err
		}
	case vault.Recovery:
		if sealed, err = a.makeRecovery(master); err != nil {
			return err
		}
	default:
		return usagef("%q is not a way to unlock a vault; add keyring, passphrase, recovery or key-file", args[0])
	}
	return v.AddUnlocker(way, sealed)
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
	way := vault.Way(wayArg)
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

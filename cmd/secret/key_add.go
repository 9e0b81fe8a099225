package main

import (
	"errors"
	"fmt"
	"slices"

	"example.org/secret/vault"
	"example.org/secret/vault/unlock"

	"github.com/spf13/cobra"
)

func newKeyAddCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "add keyring | passphrase | recovery | key-file PATH | identity PATH",
		Short: "Add an unlocker to the vault",
		Long: `Add an unlocker to the vault. A second passphrase, recovery sheet or identity
replaces the first.

An identity is an SSH key (Ed25519 or RSA), or a file of age identities as the
age plugins for YubiKeys, TPMs or the Secure Enclave make it. The program age
(https://age-encryption.org) uses it, and asks for its PIN or passphrase at the
terminal. Name it as you name a key file, with --key-file, SECRET_KEY_FILE or
secret config set key-file. ~/.ssh/id_ed25519 and ~/.ssh/id_rsa are tried without
that, after the keyring and before a passphrase. secret unlock saves you the PIN
for some hours, as a session goes before an identity.`,
		Example: "  secret key add recovery\n  secret key add identity ~/.ssh/id_ed25519\n  secret key add " +
			"identity ~/yubikey.txt",
		Args:              argCount(1, 2),
		ValidArgsFunction: completeUnlockers,
		RunE:              func(_ *cobra.Command, args []string) error { return a.runKeyAdd(args) },
	}
}

func (a *app) runKeyAdd(args []string) error {
	unlocker := vault.Unlocker(args[0])
	if !slices.Contains(vault.Unlockers(), unlocker) {
		return usagef("%q is not an unlocker; add keyring, passphrase, recovery, key-file or identity", args[0])
	}
	if takesFile(unlocker) != (len(args) == 2) {
		return usagef("usage: secret key add key-file PATH or identity PATH, or secret key add keyring, passphrase or " +
			"recovery")
	}
	v, key, err := a.unlockVault()
	if err != nil {
		return err
	}
	err = unlock.Add(v, key, a.newUnlocker(unlocker, args[len(args)-1]))
	if refusal, ok := errors.AsType[*unlock.KeyringError](err); ok {
		return refusal.Instead("add another unlocker: secret key add passphrase")
	}
	if err == nil && unlocker == vault.Identity {
		a.sayf("The vault opens with %s now; name it with --key-file, SECRET_KEY_FILE or: secret config set key-file "+
			"%s\n", args[1], args[1])
	}
	return err
}

// newUnlocker returns an unlocker for a vault to get; path is of a key file or an identity.
func (a *app) newUnlocker(unlocker vault.Unlocker, path string) unlock.Unlocker {
	return map[vault.Unlocker]unlock.Unlocker{
		vault.Keyring:    unlock.Keyring{Store: a.keyring},
		vault.KeyFile:    unlock.KeyFile{Path: path},
		vault.Passphrase: unlock.Passphrase{Ask: a.askPassphrase},
		vault.Recovery:   unlock.Recovery{Rand: a.rand, Show: a.showRecovery},
		vault.Identity:   unlock.Identity{Path: path, Age: a.ageProgram(a.prompt, unattendedTimeout)},
	}[unlocker]
}

const recoveryAttempts = 3

// showRecovery shows a recovery passphrase at the terminal, and has the user type it from the paper.
func (a *app) showRecovery(words string, opens func(typed string) bool) error {
	t, err := a.prompt.Terminal()
	if err != nil {
		return err
	}
	defer t.Close()
	fmt.Fprintf(t.Out, "Write this down and keep it where the vault is not:\n\n    %s\n\n", words)
	for range recoveryAttempts {
		typed, err := t.Line("Type it from your paper:")
		if err != nil {
			return err
		}
		if opens(typed) {
			fmt.Fprintln(t.Out, "Right: it opens the master key.")
			return nil
		}
		fmt.Fprintln(t.Out, "That does not open it.")
	}
	return usagef("the recovery passphrase was not repeated; nothing was made")
}

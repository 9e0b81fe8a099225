package main

import (
	"errors"
	"slices"

	"example.org/secret/cmd/secret/internal/usage"
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
		Args:              usage.Args(1, 2),
		ValidArgsFunction: completeUnlockers,
		RunE:              func(_ *cobra.Command, args []string) error { return a.runKeyAdd(args) },
	}
}

func (a *app) runKeyAdd(args []string) error {
	unlocker := vault.Unlocker(args[0])
	if !slices.Contains(vault.Unlockers(), unlocker) {
		return usage.Errorf("%q is not an unlocker; add keyring, passphrase, recovery, key-file or identity", args[0])
	}
	if takesFile(unlocker) != (len(args) == 2) {
		return usage.Errorf("usage: secret key add key-file PATH or identity PATH, or secret key add keyring," +
			" passphrase or recovery")
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
		a.out.Sayf("The vault opens with %s now; name it with --key-file, SECRET_KEY_FILE or: secret config set key-file "+
			"%s\n", args[1], args[1])
	}
	return err
}

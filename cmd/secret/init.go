package main

import (
	"errors"
	"os"

	"example.org/secret/cmd/secret/internal/setup"
	"example.org/secret/cmd/secret/internal/usage"
	"example.org/secret/vault"
	"example.org/secret/vault/unlock"

	"github.com/spf13/cobra"
)

type initOptions struct {
	passphrase bool
	noRecovery bool
}

func newInitCommand(a *app) *cobra.Command {
	var o initOptions
	cmd := &cobra.Command{
		Use:   "init",
		Short: "Make a vault",
		Long: `Make a vault and its master key.

The key goes into the keyring of the operating system. Where there is none, as
on a server or in a container, keep it in a file that only you can read
(--key-file), or behind a passphrase that is asked for each time (--passphrase).
Nothing is written in clear unless you ask for it.

At a terminal init offers both, and stores the path of the key file as the
setting key-file, so that later commands find it. After --key-file name the file
with the same flag, with SECRET_KEY_FILE or with secret config set key-file.`,
		Example: `  secret init
  secret init --key-file ~/.config/secret/key
  secret --vault ~/work-vault init --passphrase`,
		Args: usage.NoArgs,
		RunE: func(*cobra.Command, []string) error { return a.runInit(o) },
	}
	cmd.Flags().BoolVar(&o.passphrase, "passphrase", false, "keep the master key in the vault, sealed to a passphrase")
	cmd.Flags().BoolVar(&o.noRecovery, "no-recovery", false, "do not offer a recovery sheet")
	return cmd
}

func (a *app) runInit(o initOptions) error {
	dir, err := a.freeVaultDir()
	if err != nil {
		return err
	}
	if o.passphrase && a.keyFileFlag != "" {
		return usage.Errorf("--key-file and --passphrase cannot be used together")
	}
	set, err := unlock.NewSet(a.rand)
	if err != nil {
		return err
	}
	keyFile, err := a.keyFile()
	if err != nil {
		return err
	}
	setup := setup.Setup{
		Out: a.out, Prompt: a.prompt, CanAsk: a.stdinIsTerminal, Dirs: a.dirs(), NewUnlocker: a.newUnlocker,
	}
	chosen, err := setup.AddFirst(set, keyFile, o.passphrase)
	if err != nil {
		return err
	}
	// From here on there is something to undo.
	a.prompt.HoldSignals()
	if !o.noRecovery {
		err = setup.OfferRecovery(set)
	}
	if err == nil {
		err = a.prompt.Interrupted()
	}
	if err != nil {
		return set.Undo(err)
	}
	options, err := a.options(set.ID)
	if err != nil {
		return set.Undo(err)
	}
	if err := set.Create(dir, options); err != nil {
		return err
	}
	a.out.Sayf("Made a vault in %s.\n", dir)
	return setup.Remember(chosen, a.keyFileFlag)
}

// freeVaultDir returns the vault's directory, which must not hold a vault.
func (a *app) freeVaultDir() (string, error) {
	dir, err := a.vaultDir()
	if err != nil {
		return "", err
	}
	if _, err := vault.ReadHeader(dir); err == nil {
		return "", vault.Errorf(vault.ErrExists, "there is a vault in %s already; name another place with --vault", dir)
	} else if !errors.Is(err, vault.ErrNoVault) {
		return "", err
	}
	if info, err := os.Stat(dir); err == nil && !info.IsDir() {
		return "", usage.Errorf("%s is not a directory; name another place with --vault", dir)
	}
	return dir, nil
}

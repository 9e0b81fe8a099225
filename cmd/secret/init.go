package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"example.org/secret/cmd/secret/internal/prompt"
	"example.org/secret/crypto"
	"example.org/secret/crypto/keyring"
	"example.org/secret/vault"
	"example.org/secret/vault/password"

	"github.com/spf13/cobra"
)

const (
	// passphraseWork is log2 of scrypt's cost: about a second.
	passphraseWork      = 18
	minPassphraseLength = 8
	// recoveryWords make 103 bits, behind scrypt.
	recoveryWords = 8
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

The key goes into the keyring of the operating system. Where there is none, as on
a server or in a container, keep it in a file that only you can read
(--key-file), or behind a passphrase that is asked for each time (--passphrase).
Nothing is written in clear unless you ask for it.`,
		Example: `  secret init
  secret init --key-file ~/.config/secret/key
  secret --vault ~/work-vault init --passphrase`,
		Args: noArgs,
		RunE: func(*cobra.Command, []string) error { return a.runInit(o) },
	}
	cmd.Flags().BoolVar(&o.passphrase, "passphrase", false, "keep the master key in the vault, sealed to a passphrase")
	cmd.Flags().BoolVar(&o.noRecovery, "no-recovery", false, "do not offer a recovery sheet")
	return cmd
}

func (a *app) runInit(o initOptions) error {
	dir, err := a.vaultDir()
	if err != nil {
		return err
	}
	if _, err := vault.ReadHeader(dir); err == nil {
		return vault.Errorf(vault.ErrExists, "there is a vault in %s already; name another place with --vault", dir)
	} else if !errors.Is(err, vault.ErrNoVault) {
		return err
	}
	if info, err := os.Stat(dir); err == nil && !info.IsDir() {
		return usagef("%s is not a directory; name another place with --vault", dir)
	}
	keyFile, err := a.keyFile()
	if err != nil {
		return err
	}
	if o.passphrase && a.keyFileFlag != "" {
		return usagef("--key-file and --passphrase exclude each other")
	}
	n := newVault{app: a, dir: dir, unlockers: vault.SealedKeys{}}
	if n.id, err = vault.NewID(a.rand); err != nil {
		return err
	}
	switch {
	case o.passphrase:
		err = n.withPassphrase()
	case keyFile != "":
		err = n.withKeyFile(keyFile)
	default:
		err = n.withKeyring()
	}
	if err != nil {
		return err
	}
	// From here on there is something to take back.
	a.prompt.HoldSignals()
	if err := n.finish(o); err != nil {
		n.takeBack()
		return err
	}
	a.sayf("Made a vault in %s.\n", dir)
	return nil
}

// newVault is a vault in the making.
type newVault struct {
	*app
	dir, id   string
	master    crypto.MasterKey
	unlockers vault.SealedKeys
	takeBacks []func() error // what to undo if the vault cannot be made
}

func (n *newVault) takeBack() {
	for _, undo := range n.takeBacks {
		if err := undo(); err != nil {
			n.warnf("%v", err)
		}
	}
}

func (n *newVault) withKeyring() (err error) {
	if n.master, err = crypto.GenerateMasterKey(); err != nil {
		return err
	}
	err = n.keyring.Set(n.id, n.master.Reveal())
	if err == nil {
		n.unlockers[vault.Keyring] = nil
		n.takeBacks = append(n.takeBacks, func() error { return n.keyring.Delete(n.id) })
		return nil
	}
	if errors.Is(err, keyring.ErrNotStored) {
		// Something else may be there. After other failures there is nothing, and
		// a locked keyring would only prompt again.
		_ = n.keyring.Delete(n.id)
	}
	refusal := noKeyf("%v, and nothing was made; %s", err,
		keyringHint(err, "use a key file (--key-file PATH) or a passphrase (--passphrase)"))
	if !n.stdinIsTerminal {
		return refusal
	}
	n.warnf("%v", err)
	answer, err := n.prompt.Line("Without a keyring, keep the master key behind a (p)assphrase, in a key (f)ile, or (q)uit?")
	switch {
	case err != nil:
		return err
	case answer == "p":
		return n.withPassphrase()
	case answer == "f":
		path, err := n.prompt.Line("Path of the key file:")
		if err != nil {
			return err
		}
		if path == "" {
			return usagef("a key file needs a path; nothing was made")
		}
		return n.withKeyFile(n.expandHome(path))
	}
	return refusal
}

func (n *newVault) withPassphrase() (err error) {
	if n.master, err = crypto.GenerateMasterKey(); err != nil {
		return err
	}
	typed, err := n.newPassphrase()
	if err != nil {
		return err
	}
	n.unlockers[vault.Passphrase], err = crypto.SealWithPassphrase(typed, passphraseWork, n.master)
	return err
}

func (a *app) newPassphrase() (string, error) {
	typed, err := a.prompt.Hidden(fmt.Sprintf("New passphrase (at least %d characters)", minPassphraseLength))
	if errors.Is(err, prompt.ErrNoTerminal) {
		return "", usagef("a passphrase is typed at a terminal, and there is none here; use a key file; nothing was made")
	}
	if err != nil {
		return "", err
	}
	if len(typed) < minPassphraseLength {
		return "", usagef("a passphrase has at least %d characters; nothing was made", minPassphraseLength)
	}
	again, err := a.prompt.Hidden("The same again")
	if err != nil {
		return "", err
	}
	if string(again) != string(typed) {
		return "", usagef("the two passphrases differ; nothing was made")
	}
	return string(typed), nil
}

// withKeyFile makes the key file, or takes the key in one that is there.
func (n *newVault) withKeyFile(path string) (err error) {
	n.unlockers[vault.KeyFile] = nil
	text, err := readKeyFile(path, vault.CheckPrivate)
	if err == nil {
		if n.master, err = crypto.ParseMasterKey(text); err != nil {
			if isIdentity(text) {
				return noKeyf("%s is an SSH key or age identity; make the vault in another way, and then run: secret key add identity %s", path, path)
			}
			return noKeyf("%s is %v", path, err)
		}
		n.sayf("Using the key in %s.\n", path)
		return nil
	}
	if _, statErr := os.Lstat(path); !errors.Is(statErr, fs.ErrNotExist) {
		return err
	}
	if n.master, err = crypto.GenerateMasterKey(); err != nil {
		return err
	}
	if err := writeKeyFile(path, n.id, n.master); err != nil {
		return err
	}
	n.takeBacks = append(n.takeBacks, func() error { return os.Remove(path) })
	n.sayf("The master key is in %s. Name it with --key-file, SECRET_KEY_FILE or: secret config set key-file %s\n", path, path)
	return nil
}

// writeKeyFile writes a new file that age -i reads. It has to be on the disk
// before anything is sealed to it.
func writeKeyFile(path, vaultID string, master crypto.MasterKey) error {
	text := fmt.Sprintf("# The master key of the vault %s. Whoever has it can open the vault.\n%s\n", vaultID, master.Reveal())
	err := vault.WriteNewFile(path, []byte(text))
	if errors.Is(err, fs.ErrExist) {
		return vault.Errorf(vault.ErrExists, "there is a file %s already; name another place", path)
	}
	if err != nil {
		return fmt.Errorf("making the key file: %w", err)
	}
	return nil
}

func (n *newVault) finish(o initOptions) error {
	if n.stdinIsTerminal && !o.noRecovery {
		yes, err := n.prompt.Confirm("Make a recovery sheet, for the day that the key is lost?")
		if err != nil {
			return err
		}
		if yes {
			if n.unlockers[vault.Recovery], err = n.makeRecovery(n.master); err != nil {
				return err
			}
		}
	}
	key, err := crypto.DeriveVaultKey(n.master, n.id, n.rand)
	if err != nil {
		return err
	}
	options, err := n.options(n.id)
	if err != nil {
		return err
	}
	if err := n.prompt.Interrupted(); err != nil {
		return err
	}
	_, err = vault.Create(n.dir, n.id, key, n.unlockers, options)
	return err
}

// makeRecovery makes a recovery passphrase and proves that it opens the master
// key as its owner wrote it down.
func (a *app) makeRecovery(master crypto.MasterKey) ([]byte, error) {
	words, err := password.Words(a.rand, recoveryWords)
	if err != nil {
		return nil, err
	}
	sealed, err := crypto.SealWithPassphrase(words, passphraseWork, master)
	if err != nil {
		return nil, err
	}
	t, err := a.prompt.Terminal()
	if err != nil {
		return nil, err
	}
	defer t.Close()
	fmt.Fprintf(t.Out, "Write this down and keep it where the vault is not:\n\n    %s\n\n", words)
	for range passphraseAttempts {
		typed, err := t.Line("Type it from your paper:")
		if err != nil {
			return nil, err
		}
		proved, err := crypto.OpenWithPassphrase(sealed, typed)
		if err == nil && proved == master {
			fmt.Fprintln(t.Out, "Right: it opens the master key.")
			return sealed, nil
		}
		fmt.Fprintln(t.Out, "That does not open it.")
	}
	return nil, usagef("the recovery passphrase was not repeated; nothing was made")
}

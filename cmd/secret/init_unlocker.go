package main

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"

	"example.org/secret/vault"
	"example.org/secret/vault/unlock"
)

// addFirstUnlocker puts the master key where the user wants it. It returns the path of a key file that the user chose
// at the prompt, which no setting names yet.
func (a *app) addFirstUnlocker(set *unlock.Set, passphrase bool) (chosen string, err error) {
	keyFile, err := a.keyFile()
	switch {
	case err != nil:
		return "", err
	case passphrase:
		return "", set.Add(a.newUnlocker(vault.Passphrase, ""))
	case keyFile != "":
		return "", a.addKeyFile(set, keyFile)
	}
	err = set.Add(a.newUnlocker(vault.Keyring, ""))
	refusal, ok := errors.AsType[*unlock.KeyringError](err)
	switch {
	case !ok:
		return "", err
	case !a.stdinIsTerminal:
		return "", withoutKeyring(refusal)
	}
	a.out.Warnf("%v", refusal)
	answer, err := a.prompt.Line("Without a keyring, keep the master key behind a (p)assphrase, in a key (f)ile, or " +
		"(q)uit?")
	switch {
	case err != nil:
		return "", err
	case answer == "p":
		return "", set.Add(a.newUnlocker(vault.Passphrase, ""))
	case answer == "f":
		chosen, err := a.askKeyFile()
		if err != nil {
			return "", err
		}
		return chosen, a.addKeyFile(set, chosen)
	}
	return "", withoutKeyring(refusal)
}

func withoutKeyring(refusal *unlock.KeyringError) error {
	return refusal.Instead("use a key file (--key-file PATH) or a passphrase (--passphrase)")
}

// askKeyFile asks for the path of the key file and returns it absolute. Enter takes the system's usual place.
func (a *app) askKeyFile() (string, error) {
	config, err := a.dirs().Config()
	if err != nil {
		return "", err
	}
	usual := filepath.Join(config, "key")
	typed, err := a.prompt.Line(fmt.Sprintf("Path of the key file [%s]:", usual))
	if err != nil {
		return "", err
	}
	if typed = strings.TrimSpace(typed); typed == "" {
		return usual, nil
	}
	return filepath.Abs(a.dirs().ExpandHome(typed))
}

// addKeyFile makes the key file, or takes the key of one that is there.
func (a *app) addKeyFile(set *unlock.Set, path string) error {
	err := set.UseKeyFile(path)
	if err == nil {
		a.out.Sayf("Using the key in %s.\n", path)
		return nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := set.Add(a.newUnlocker(vault.KeyFile, path)); err != nil {
		return err
	}
	a.out.Sayf("The master key is in %s.\n", path)
	return nil
}

// rememberKeyFile stores the setting key-file, so that the next command finds the key, or tells the user how to.
func (a *app) rememberKeyFile(chosen string) error {
	if chosen == "" {
		if a.keyFileFlag != "" {
			a.out.Sayf("Name the key file with --key-file, SECRET_KEY_FILE or: secret config set key-file %s\n", a.keyFileFlag)
		}
		return nil
	}
	if err := a.dirs().Set("key-file", chosen); err != nil {
		return fmt.Errorf("the vault is made, but the setting key-file is not stored (name the file with --key-file): "+
			"%w", err)
	}
	a.out.Sayf("The setting key-file names %s.\n", chosen)
	return nil
}

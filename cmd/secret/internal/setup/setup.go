// Package setup finds a place for the master key of a new vault.
package setup

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"

	"example.org/secret/cmd/secret/internal/output"
	"example.org/secret/cmd/secret/internal/prompt"
	"example.org/secret/cmd/secret/internal/settings"
	"example.org/secret/vault"
	"example.org/secret/vault/unlock"
)

// Setup asks the user for the place, if there is a terminal and no keyring.
type Setup struct {
	Out         *output.Output
	Prompt      *prompt.Prompter
	CanAsk      bool
	Dirs        settings.Dirs
	NewUnlocker func(unlocker vault.Unlocker, path string) unlock.Unlocker
}

// AddFirst puts the master key into keyFile if that is a path, behind a passphrase if that is asked for, else into the
// keyring. It returns the path of a key file that the user chose at the prompt, which no setting names yet.
func (s Setup) AddFirst(set *unlock.Set, keyFile string, passphrase bool) (chosen string, err error) {
	switch {
	case passphrase:
		return "", set.Add(s.NewUnlocker(vault.Passphrase, ""))
	case keyFile != "":
		return "", s.addKeyFile(set, keyFile)
	}
	err = set.Add(s.NewUnlocker(vault.Keyring, ""))
	refusal, ok := errors.AsType[*unlock.KeyringError](err)
	switch {
	case !ok:
		return "", err
	case !s.CanAsk:
		return "", withoutKeyring(refusal)
	}
	s.Out.Warnf("%v", refusal)
	answer, err := s.Prompt.Line("Without a keyring, keep the master key behind a (p)assphrase, in a key (f)ile, or " +
		"(q)uit?")
	switch {
	case err != nil:
		return "", err
	case answer == "p":
		return "", set.Add(s.NewUnlocker(vault.Passphrase, ""))
	case answer == "f":
		chosen, err := s.askKeyFile()
		if err != nil {
			return "", err
		}
		return chosen, s.addKeyFile(set, chosen)
	}
	return "", withoutKeyring(refusal)
}

func withoutKeyring(refusal *unlock.KeyringError) error {
	return refusal.Instead("use a key file (--key-file PATH) or a passphrase (--passphrase)")
}

// askKeyFile asks for the path of the key file and returns it absolute. Enter takes the system's usual place.
func (s Setup) askKeyFile() (string, error) {
	config, err := s.Dirs.Config()
	if err != nil {
		return "", err
	}
	usual := filepath.Join(config, "key")
	typed, err := s.Prompt.Line(fmt.Sprintf("Path of the key file [%s]:", usual))
	if err != nil {
		return "", err
	}
	if typed = strings.TrimSpace(typed); typed == "" {
		return usual, nil
	}
	return filepath.Abs(s.Dirs.ExpandHome(typed))
}

// addKeyFile makes the key file, or takes the key of one that is there.
func (s Setup) addKeyFile(set *unlock.Set, path string) error {
	err := set.UseKeyFile(path)
	if err == nil {
		s.Out.Sayf("Using the key in %s.\n", path)
		return nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := set.Add(s.NewUnlocker(vault.KeyFile, path)); err != nil {
		return err
	}
	s.Out.Sayf("The master key is in %s.\n", path)
	return nil
}

// OfferRecovery adds a recovery sheet if the user wants one.
func (s Setup) OfferRecovery(set *unlock.Set) error {
	if !s.CanAsk {
		return nil
	}
	yes, err := s.Prompt.Confirm("Make a recovery sheet, for the day that the key is lost?")
	if err != nil || !yes {
		return err
	}
	return set.Add(s.NewUnlocker(vault.Recovery, ""))
}

// Remember stores the setting key-file, so that the next command finds the key that the user chose. If a flag named the
// file instead, it tells the user how to name it from now on.
func (s Setup) Remember(chosen, flag string) error {
	if chosen == "" {
		if flag != "" {
			s.Out.Sayf("Name the key file with --key-file, SECRET_KEY_FILE or: secret config set key-file %s\n", flag)
		}
		return nil
	}
	if err := s.Dirs.Set("key-file", chosen); err != nil {
		return fmt.Errorf("the vault is made, but the setting key-file is not stored (name the file with --key-file): "+
			"%w", err)
	}
	s.Out.Sayf("The setting key-file names %s.\n", chosen)
	return nil
}

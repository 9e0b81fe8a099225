package main

import (
	"errors"
	"path/filepath"
	"runtime"
	"time"

	"example.org/secret/cmd/secret/internal/ageprogram"
	"example.org/secret/cmd/secret/internal/prompt"
	"example.org/secret/cmd/secret/internal/settings"
	"example.org/secret/cmd/secret/internal/usage"
	"example.org/secret/crypto"
	"example.org/secret/crypto/keyring"
	"example.org/secret/vault"
	"example.org/secret/vault/unlock"
)

const (
	lockTimeout = 30 * time.Second
	// unattendedTimeout bounds the wait for an identity that asks for a touch where there is no terminal.
	unattendedTimeout = 30 * time.Second
	// completionTimeout bounds the wait of a user who presses Tab.
	completionTimeout = time.Second
)

func (a *app) dirs() settings.Dirs { return settings.Dirs{Getenv: a.getenv, GOOS: runtime.GOOS} }

// loadSettings reads the configuration file and the environment, once.
func (a *app) loadSettings() (*settings.Settings, error) {
	if a.settings == nil {
		s, err := a.dirs().Load()
		if err != nil {
			return nil, err
		}
		a.settings = s
	}
	return a.settings, nil
}

// vaultDir returns the absolute path of the vault.
func (a *app) vaultDir() (string, error) {
	s, err := a.loadSettings()
	if err != nil {
		return "", err
	}
	dir := s.Vault
	if a.vaultFlag != "" {
		dir = a.vaultFlag
	}
	if dir == "" {
		return "", usage.Errorf("which vault? HOME is not set; give --vault or SECRET_VAULT")
	}
	return filepath.Abs(dir)
}

// keyFile returns the path of the key file that the user names, or nothing.
func (a *app) keyFile() (string, error) {
	if a.keyFileFlag != "" {
		return a.keyFileFlag, nil
	}
	s, err := a.loadSettings()
	if err != nil {
		return "", err
	}
	return s.KeyFile, nil
}

func (a *app) readHeader() (*vault.Header, error) {
	dir, err := a.vaultDir()
	if err != nil {
		return nil, err
	}
	return vault.ReadHeader(dir)
}

// openVault opens the vault and asks for a passphrase if it needs one.
func (a *app) openVault() (*vault.Vault, error) {
	v, _, err := a.unlockVault()
	return v, err
}

// unlockVault opens the vault and returns its key as well.
func (a *app) unlockVault() (*vault.Vault, *crypto.VaultKey, error) {
	finder, err := a.newFinder()
	if err != nil {
		return nil, nil, err
	}
	// A command that opens the vault twice asks once.
	if a.key == nil || a.key.Check() != finder.Header.Check {
		if a.key, err = finder.Find(); err != nil {
			return nil, nil, err
		}
	}
	options, err := a.options(finder.Header.ID)
	if err != nil {
		return nil, nil, err
	}
	a.opened, err = vault.Open(finder.Header, a.key, options)
	return a.opened, a.key, err
}

// openVaultQuietly opens the vault for shell completion. It never asks, does not make the keyring ask, and waits for it
// for a moment only.
func (a *app) openVaultQuietly() (*vault.Vault, error) {
	finder, err := a.newFinder()
	if err != nil {
		return nil, err
	}
	quick := keyring.OS{Getenv: a.keyring.Getenv, Timeout: completionTimeout, Quiet: true}
	for i, source := range finder.Sources {
		switch source.(type) {
		case unlock.Keyring:
			finder.Sources[i] = unlock.Keyring{Store: quick}
		case unlock.Identity:
			age := a.ageProgram(nil, completionTimeout)
			finder.Sources[i] = unlock.Identity{SSHKeys: a.sshKeys(), Age: age, Unattended: true}
		case unlock.Passphrase:
			finder.Sources[i] = unlock.Passphrase{}
		}
	}
	key, err := finder.Find()
	if err != nil {
		return nil, err
	}
	options, err := a.options(finder.Header.ID)
	if err != nil {
		return nil, err
	}
	options.ValueKey = nil
	return vault.Open(finder.Header, key, options)
}

// newFinder returns the finder of the master key. A file that the user names goes first, and a question last.
func (a *app) newFinder() (*unlock.Finder, error) {
	header, err := a.readHeader()
	if err != nil {
		return nil, err
	}
	keyFile, err := a.keyFile()
	if err != nil {
		return nil, err
	}
	return &unlock.Finder{
		Header: header,
		Sources: []unlock.Source{
			unlock.KeyFile{Path: keyFile},
			unlock.Credential{Dir: a.getenv("CREDENTIALS_DIRECTORY")},
			unlock.Session{Store: a.sessions},
			unlock.Keyring{Store: a.keyring},
			unlock.Identity{SSHKeys: a.sshKeys(), Age: a.ageProgram(a.prompt, unattendedTimeout)},
			a.passphrase(),
		},
		Rand: a.rand, Now: a.now, Timeout: lockTimeout, Warn: a.warn,
	}, nil
}

// ageProgram returns the function that runs the program age, which asks at the terminal of p.
func (a *app) ageProgram(p *prompt.Prompter, timeout time.Duration) unlock.Age {
	return ageprogram.Program{Environ: a.environ, Prompt: p, Timeout: timeout}.Run
}

// sshKeys returns the paths of the keys that ssh itself would use.
func (a *app) sshKeys() []string {
	home := a.getenv("HOME")
	if runtime.GOOS == "windows" {
		home = a.getenv("USERPROFILE")
	}
	if home == "" {
		return nil
	}
	return []string{filepath.Join(home, ".ssh", "id_ed25519"), filepath.Join(home, ".ssh", "id_rsa")}
}

func (a *app) askPassphrase(question string) (string, error) {
	typed, err := a.prompt.Hidden(question)
	if errors.Is(err, prompt.ErrNoTerminal) {
		err = unlock.ErrCannotAsk
	}
	return string(typed), err
}

func (a *app) warn(text string) { a.out.Warnf("%s", text) }

func (a *app) options(vaultID string) (vault.Options, error) {
	s, err := a.loadSettings()
	if err != nil {
		return vault.Options{}, err
	}
	open := unlock.OpenValueKey(a.askPassphrase, a.warn)
	options := vault.Options{
		Now: a.now, Rand: a.rand, History: s.History, LockTimeout: lockTimeout,
		ValueKey: func(name string, sealed []byte) (crypto.MasterKey, error) {
			if a.serving {
				return crypto.MasterKey{}, noKeyf("the key %s is behind a passphrase, and was not unlocked at the start", name)
			}
			return open(name, sealed)
		},
	}
	if dir, err := a.dirs().Cache(); err == nil {
		options.CacheFile = filepath.Join(dir, vaultID+".list")
		options.AccessFile = filepath.Join(dir, vaultID+".read")
	}
	return options, nil
}

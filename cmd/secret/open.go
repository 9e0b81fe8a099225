package main

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"example.org/secret/cmd/secret/internal/prompt"
	"example.org/secret/crypto"
	"example.org/secret/crypto/keyring"
	"example.org/secret/crypto/session"
	"example.org/secret/vault"
)

const (
	lockTimeout = 30 * time.Second
	// completionTimeout is how long somebody who pressed Tab waits for a keyring.
	completionTimeout = time.Second

	maxKeyFileSize     = 64 << 10
	passphraseAttempts = 3

	// credentialName is the file that systemd's LoadCredential= makes for us.
	credentialName = "secret-key"
)

func (a *app) vaultDir() (string, error) {
	s, err := a.loadSettings()
	if err != nil {
		return "", err
	}
	dir := s.vault
	if a.vaultFlag != "" {
		dir = a.vaultFlag
	}
	if dir == "" {
		return "", usagef("which vault? HOME is not set; give --vault or SECRET_VAULT")
	}
	return filepath.Abs(dir)
}

// keyFile is the path of the key file that was named, if one was.
func (a *app) keyFile() (string, error) {
	if a.keyFileFlag != "" {
		return a.keyFileFlag, nil
	}
	s, err := a.loadSettings()
	if err != nil {
		return "", err
	}
	return s.keyFile, nil
}

// openVault finds the vault and its master key, asking for a passphrase where
// that is the way.
func (a *app) openVault() (*vault.Vault, error) {
	header, key, err := a.unlock(a.findKey)
	if err != nil {
		return nil, err
	}
	return a.openWith(header, key)
}

// openVaultQuietly never asks, and never makes the keyring ask or waits for it
// long. It is for shell completion.
func (a *app) openVaultQuietly() (*vault.Vault, error) {
	quick := keyring.OS{Getenv: a.keyring.Getenv, Timeout: completionTimeout}
	header, key, err := a.unlock(func(header *vault.Header) (*crypto.VaultKey, error) {
		search := keySearch{app: a, header: header, keyringGet: quick.GetWithoutPrompt, quiet: true}
		key, err := search.withoutAsking()
		if key == nil && err == nil && header.Has(vault.Identity) {
			key, err = search.fromSSHKeys()
		}
		if key == nil && err == nil {
			err = search.notFound()
		}
		return key, err
	})
	if err != nil {
		return nil, err
	}
	options, err := a.options(header.ID)
	if err != nil {
		return nil, err
	}
	options.ValueKey = nil
	return vault.Open(header, key, options)
}

func (a *app) unlock(find func(*vault.Header) (*crypto.VaultKey, error)) (*vault.Header, *crypto.VaultKey, error) {
	dir, err := a.vaultDir()
	if err != nil {
		return nil, nil, err
	}
	header, err := vault.ReadHeader(dir)
	if err != nil {
		return nil, nil, err
	}
	key, err := find(header)
	if err == nil {
		return header, key, nil
	}
	// Where the key is there may be another one by now: see secret key rotate.
	if again, readErr := vault.ReadHeader(dir); readErr == nil && again.Check != header.Check {
		header = again
		key, err = find(header)
	}
	return header, key, err
}

func (a *app) openWith(header *vault.Header, key *crypto.VaultKey) (*vault.Vault, error) {
	options, err := a.options(header.ID)
	if err != nil {
		return nil, err
	}
	return vault.Open(header, key, options)
}

func (a *app) options(vaultID string) (vault.Options, error) {
	s, err := a.loadSettings()
	if err != nil {
		return vault.Options{}, err
	}
	options := vault.Options{Now: a.now, Rand: a.rand, History: s.history, LockTimeout: lockTimeout, ValueKey: a.askValueKey}
	if dir, err := a.userDir("XDG_CACHE_HOME", ".cache", "LocalAppData"); err == nil {
		options.CacheFile = filepath.Join(dir, "secret", vaultID+".list")
	}
	return options, nil
}

// keySearch looks for the master key of one vault and remembers where it looked.
type keySearch struct {
	*app
	header     *vault.Header
	keyringGet func(account string) (string, error)
	quiet      bool // for completion
	looked     []string
	keyringErr error

	// Where the key was found, for replacing it: a key file, or a credential of systemd.
	file, credential string
}

func (a *app) findKey(header *vault.Header) (*crypto.VaultKey, error) {
	search := keySearch{app: a, header: header, keyringGet: a.keyring.Get}
	return search.find()
}

func (s *keySearch) find() (*crypto.VaultKey, error) {
	key, err := s.withoutAsking()
	if key != nil || (err != nil && !errors.Is(err, vault.ErrNoKey)) {
		return key, err
	}
	if err == nil && s.header.Has(vault.Identity) {
		key, err = s.fromSSHKeys()
		if key != nil || errors.Is(err, prompt.ErrInterrupted) {
			return key, err
		}
	}
	if s.header.Has(vault.Passphrase) || s.header.Has(vault.Recovery) {
		if err != nil {
			s.note(err.Error())
		}
		return s.passphrase()
	}
	if err == nil {
		err = s.notFound()
	}
	return nil, err
}

// withoutAsking tries the ways that need nobody. The first that is there counts:
// a key that was named and does not fit is an error, not a reason to look on. If
// none is there it returns neither a key nor an error.
func (s *keySearch) withoutAsking() (*crypto.VaultKey, error) {
	path, err := s.keyFile()
	if err != nil {
		return nil, err
	}
	if path != "" {
		return s.fromFile(path, vault.CheckPrivate)
	}
	s.note("no --key-file or SECRET_KEY_FILE")
	if dir := s.getenv("CREDENTIALS_DIRECTORY"); dir != "" {
		path := filepath.Join(dir, credentialName)
		if _, err := os.Lstat(path); err == nil {
			s.credential = path
			return s.fromFile(path, closedToOthers)
		}
		s.note("no " + path)
	}
	if key, err := s.fromSession(); key != nil || err != nil {
		return key, err
	}
	if s.header.Has(vault.Keyring) {
		text, err := s.keyringGet(s.header.ID)
		if err == nil {
			return s.fit(text, "the keyring's entry for this vault")
		}
		s.keyringErr = err
		s.note(err.Error())
	}
	return nil, nil
}

func (s *keySearch) fromSession() (*crypto.VaultKey, error) {
	text, err := session.Get(s.header.ID)
	if err != nil {
		return nil, nil
	}
	key, err := s.fit(text, "the session that secret unlock opened")
	if errors.Is(err, vault.ErrNoKey) {
		s.note(err.Error()) // it outlived its key
		return nil, nil
	}
	return key, err
}

func (s *keySearch) note(where string) { s.looked = append(s.looked, where) }

func (s *keySearch) notFound() error {
	next := "give the key with --key-file"
	switch {
	case errors.Is(s.keyringErr, keyring.ErrLocked), errors.Is(s.keyringErr, keyring.ErrTimeout):
		next = "unlock the keyring, or " + next
	case s.header.Has(vault.Passphrase):
		next = "run secret unlock at a terminal and give the passphrase, or " + next
	case s.header.Has(vault.Identity):
		next = "name the SSH key or age identity file with --key-file"
	case errors.Is(s.keyringErr, keyring.ErrUnavailable):
		next += " (secret key add key-file PATH makes the file, where the keyring is)"
	}
	return noKeyf("no master key for the vault %s (id %s): %s; %s",
		s.header.Dir, s.header.ID, strings.Join(s.looked, "; "), next)
}

func (s *keySearch) fromFile(path string, check func(string, fs.FileInfo) error) (*crypto.VaultKey, error) {
	text, err := readKeyFile(path, check)
	if err != nil {
		return nil, err
	}
	key, err := s.fit(text, path)
	switch {
	case err == nil:
		s.file = path
		return key, nil
	case !errors.Is(err, vault.ErrNoKey):
		return nil, err
	case s.retired(text):
		return nil, noKeyf("%s has the key of the vault %s (id %s) in a comment, since another vault with the same key got a new one; take away what is before the key in that line",
			path, s.header.Dir, s.header.ID)
	case s.header.Has(vault.Identity):
		return s.fromIdentityFile(path, text, err)
	case isIdentity(text):
		return nil, noKeyf("the vault %s (id %s) is not sealed to %s; open it in another way and run: secret key add identity %s",
			s.header.Dir, s.header.ID, path, path)
	}
	return nil, err
}

// fit derives the vault's key from what was found, if it is the right one.
func (s *keySearch) fit(text, source string) (*crypto.VaultKey, error) {
	keys, err := crypto.ParseMasterKeys(text)
	if err != nil {
		return nil, noKeyf("%s is %v; give the key of the vault %s (id %s) with --key-file", source, err, s.header.Dir, s.header.ID)
	}
	return s.derive(keys, source)
}

// derive picks the one of keys that belongs to the vault. While a key is replaced,
// the other one is beside it.
func (s *keySearch) derive(keys []crypto.MasterKey, source string) (*crypto.VaultKey, error) {
	key, err := s.pick(keys, s.header.Check)
	if key == nil && err == nil {
		err = noKeyf("%s holds the key of another vault than %s (id %s), or one that was replaced; give the right one with --key-file",
			source, s.header.Dir, s.header.ID)
	}
	return key, err
}

// retired reports whether a key file has the vault's key in a comment of retire.
func (s *keySearch) retired(text string) bool {
	for line := range strings.Lines(text) {
		if comment, ok := strings.CutPrefix(line, retiredMark); ok {
			_, key, _ := strings.Cut(comment, ": ")
			if _, err := s.fit(key, ""); err == nil {
				return true
			}
		}
	}
	return false
}

// pick returns the vault key of the given check value, or nil.
func (s *keySearch) pick(keys []crypto.MasterKey, check string) (*crypto.VaultKey, error) {
	for _, master := range keys {
		key, err := crypto.DeriveVaultKey(master, s.header.ID, s.rand)
		if err != nil {
			return nil, err
		}
		if key.Check() == check {
			return key, nil
		}
	}
	return nil, nil
}

// readKeyFile reads a file with a master key in it. What others may read is
// refused, as ssh refuses keys.
func readKeyFile(path string, check func(string, fs.FileInfo) error) (string, error) {
	// Opening a named pipe would wait for somebody to write to it.
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return "", noKeyf("the key file %s is not a regular file", path)
	}
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return "", noKeyf("there is no file %s to read the key from; name the right one", path)
	}
	if err != nil {
		return "", noKeyf("reading the key file: %v", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return "", noKeyf("reading the key file: %v", err)
	}
	if !info.Mode().IsRegular() {
		return "", noKeyf("the key file %s is not a regular file", path)
	}
	if err := check(path, info); err != nil {
		return "", noKeyf("%v", err)
	}
	if info.Size() > maxKeyFileSize {
		return "", noKeyf("the key file %s is larger than %d bytes", path, maxKeyFileSize)
	}
	text, err := io.ReadAll(io.LimitReader(f, maxKeyFileSize))
	if err != nil {
		return "", noKeyf("reading the key file: %v", err)
	}
	return string(text), nil
}

// closedToOthers is the check for a systemd credential: what systemd grants to
// the service's user by an access list shows as the group's.
func closedToOthers(path string, info fs.FileInfo) error {
	if info.Mode().Perm()&0o007 != 0 {
		return vault.CheckPrivate(path, info)
	}
	return nil
}

// keyringHint says what to do without the keyring that was wanted; instead names
// what works there.
func keyringHint(err error, instead string) string {
	if errors.Is(err, keyring.ErrLocked) || errors.Is(err, keyring.ErrTimeout) {
		return "unlock it, or " + instead
	}
	return instead
}

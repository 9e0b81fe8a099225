package vault

import (
	"bytes"
	"errors"
	"fmt"
	"sync"

	"example.org/secret/crypto"
)

// ReachKey gets hold of a further key, asking for it if need be, so that nothing
// has to be asked later. An empty name is the vault's own key, which is there.
func (v *Vault) ReachKey(name string) error {
	if name == "" {
		return nil
	}
	if err := CheckKeyName(name); err != nil {
		return err
	}
	return v.withKeys(func() error {
		_, err := v.furtherKey(name)
		return err
	})
}

// furtherKeys are those that were opened, or could not be, in this process.
type furtherKeys struct {
	mu   sync.Mutex // never held while somebody is asked
	open map[string]openKey

	asking sync.Mutex
}

type openKey struct {
	file []byte // of which it was made
	key  *crypto.VaultKey
	err  error // where nobody could say the passphrase: not to be asked for again
}

// keyNeeded means that somebody has to be asked for a further key. It stays in
// this package: see withKeys.
type keyNeeded struct{ name string }

func (e *keyNeeded) Error() string { return fmt.Sprintf("the key %q has to be asked for", e.name) }
func (e *keyNeeded) Unwrap() error { return ErrNoKey }

// withKeys does what may need further keys, and does it again after asking for
// one: by then do has let go of the vault's lock.
func (v *Vault) withKeys(do func() error) error {
	for {
		err := do()
		needed, ok := errors.AsType[*keyNeeded](err)
		if !ok {
			return err
		}
		if err := v.askForKey(needed.name); err != nil {
			return err
		}
	}
}

// furtherKey returns what a further key and the vault's id derive to. It never
// asks: a key behind a passphrase is there once withKeys has asked for it.
//
// The file is read each time, so that a key that was deleted or replaced
// meanwhile is not taken for the one that is there.
func (v *Vault) furtherKey(name string) (*crypto.VaultKey, error) {
	file, err := v.readKeyFile(name)
	if err != nil {
		return nil, err
	}
	if known, ok := v.further.get(name, file); ok {
		return known.key, known.err
	}
	key, behindPassphrase, err := v.openKeyFile(name, file)
	switch {
	case err != nil:
		return nil, err
	case behindPassphrase != nil:
		return nil, &keyNeeded{name}
	}
	return v.keepKey(name, file, key, nil)
}

// askForKey asks for the passphrase of a further key, once in a process.
func (v *Vault) askForKey(name string) error {
	v.further.asking.Lock()
	defer v.further.asking.Unlock()
	file, err := v.readKeyFile(name)
	if err != nil {
		return err
	}
	if known, ok := v.further.get(name, file); ok {
		return known.err
	}
	_, behindPassphrase, err := v.openKeyFile(name, file)
	if err != nil {
		return err
	}
	if v.outside.FurtherKey == nil {
		return failf(ErrNoKey, "the key %q is behind a passphrase, which cannot be asked for here", name)
	}
	key, err := v.outside.FurtherKey(name, behindPassphrase)
	_, err = v.keepKey(name, file, key, err)
	return err
}

func (v *Vault) keepKey(name string, file []byte, key crypto.MasterKey, err error) (*crypto.VaultKey, error) {
	opened := openKey{file: file, err: err}
	if err == nil {
		if opened.key, err = crypto.DeriveVaultKey(key, v.key.VaultID(), v.outside.Rand); err != nil {
			return nil, err
		}
	}
	v.further.mu.Lock()
	defer v.further.mu.Unlock()
	if v.further.open == nil {
		v.further.open = map[string]openKey{}
	}
	v.further.open[name] = opened
	return opened.key, opened.err
}

func (f *furtherKeys) get(name string, file []byte) (openKey, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	known, ok := f.open[name]
	return known, ok && bytes.Equal(known.file, file)
}

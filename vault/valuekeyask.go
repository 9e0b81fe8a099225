package vault

import (
	"bytes"
	"errors"
	"fmt"
	"sync"

	"example.org/secret/crypto"
)

// ReachValueKey gets hold of a value key, asking for it if need be, so that nothing
// has to be asked later. An empty name is the vault's own key, which is there.
func (v *Vault) ReachValueKey(name string) error {
	if name == "" {
		return nil
	}
	if err := CheckValueKeyName(name); err != nil {
		return err
	}
	return v.withKeys(func() error {
		_, err := v.valueKey(name)
		return err
	})
}

// valueKeys are those that were opened, or could not be, in this process.
type valueKeyCache struct {
	mu   sync.Mutex // never held while somebody is asked
	open map[string]openKey

	asking sync.Mutex
}

type openKey struct {
	file []byte // of which it was made
	key  *crypto.VaultKey
	err  error // where nobody could say the passphrase: not to be asked for again
}

// keyNeeded means that somebody has to be asked for a value key. It stays in
// this package: see withKeys.
type keyNeeded struct{ name string }

func (e *keyNeeded) Error() string { return fmt.Sprintf("the key %q has to be asked for", e.name) }
func (e *keyNeeded) Unwrap() error { return ErrNoKey }

// withKeys does what may need value keys, and does it again after asking for
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

// valueKey returns what a value key and the vault's id derive to. It never
// asks: a key behind a passphrase is there once withKeys has asked for it.
//
// The file is read each time, so that a key that was deleted or replaced
// meanwhile is not taken for the one that is there.
func (v *Vault) valueKey(name string) (*crypto.VaultKey, error) {
	file, err := v.readKeyFile(name)
	if err != nil {
		return nil, err
	}
	if known, ok := v.valueKeys.get(name, file); ok {
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

// askForKey asks for the passphrase of a value key, once in a process.
func (v *Vault) askForKey(name string) error {
	v.valueKeys.asking.Lock()
	defer v.valueKeys.asking.Unlock()
	file, err := v.readKeyFile(name)
	if err != nil {
		return err
	}
	if known, ok := v.valueKeys.get(name, file); ok {
		return known.err
	}
	_, behindPassphrase, err := v.openKeyFile(name, file)
	if err != nil {
		return err
	}
	if v.options.ValueKey == nil {
		return Errorf(ErrNoKey, "the key %q is behind a passphrase, which cannot be asked for here", name)
	}
	key, err := v.options.ValueKey(name, behindPassphrase)
	_, err = v.keepKey(name, file, key, err)
	return err
}

func (v *Vault) keepKey(name string, file []byte, key crypto.MasterKey, err error) (*crypto.VaultKey, error) {
	opened := openKey{file: file, err: err}
	if err == nil {
		if opened.key, err = crypto.DeriveVaultKey(key, v.key.VaultID(), v.options.Rand); err != nil {
			return nil, err
		}
	}
	v.valueKeys.mu.Lock()
	defer v.valueKeys.mu.Unlock()
	if v.valueKeys.open == nil {
		v.valueKeys.open = map[string]openKey{}
	}
	v.valueKeys.open[name] = opened
	return opened.key, opened.err
}

func (c *valueKeyCache) get(name string, file []byte) (openKey, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	known, ok := c.open[name]
	return known, ok && bytes.Equal(known.file, file)
}

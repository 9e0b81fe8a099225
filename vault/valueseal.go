package vault

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync"

	"example.org/secret/crypto"
)

// Values of a secret can be sealed to a value key inside the secret's file, so that the
// vault's own key is not enough to read them. A reader who uses no value keys can skip
// this file and valuekey.go.

// SetKey puts a secret under a value key: the commit seals all of its values to it. An
// empty name takes the key away. The secret must have been read with its values. The
// error of the commit is [ErrNoSuchValueKey] or [ErrNoKey] if the key is not at hand.
func (s *Secret) SetKey(name string) error {
	if name == s.Key {
		return nil
	}
	if err := s.Deleted(); err != nil {
		return err
	}
	if name != "" {
		if err := CheckValueKeyName(name); err != nil {
			return err
		}
	}
	if slices.ContainsFunc(s.Versions, Version.closed) {
		return Errorf(ErrNoKey, "the values of %q are sealed to the key %q, which is needed to put them under another",
			s.Name, s.Key)
	}
	for i := range s.Versions {
		s.Versions[i].Sealed = nil
	}
	s.Key, s.KMSKeyID = name, ""
	return nil
}

// openValues fills in the values that are sealed to a value key: all or none.
func (v *Vault) openValues(s *Secret) error {
	if s.Key == "" || !slices.ContainsFunc(s.Versions, Version.closed) {
		return nil
	}
	key, err := v.valueKey(s.Key)
	if errors.Is(err, ErrNoSuchValueKey) {
		return Errorf(ErrNoKey, "%q is under the key %q, and %s is missing; bring that file back from a copy of the vault",
			s.Name, s.Key, v.keyPath(s.Key))
	}
	if err != nil {
		return fmt.Errorf("%q: %w", s.Name, err)
	}
	opened := slices.Clone(s.Versions)
	for i := range opened {
		if !opened[i].closed() {
			continue
		}
		text, err := key.Open(valueID(s, opened[i]), opened[i].Sealed)
		if err == nil {
			err = json.Unmarshal(text, &opened[i].Value)
		}
		wellFormed := opened[i].wellFormed()
		if opened[i].Binary != nil {
			opened[i].Plain = opened[i].Binary
		}
		if err != nil || opened[i].closed() || !wellFormed || opened[i].check(opened[i].Kind) != nil {
			return Errorf(ErrDamaged, "version %d of %q was not sealed with the key %q that is in the vault now; bring both"+
				" files back from one copy of the vault", opened[i].Number, s.Name, s.Key)
		}
	}
	s.Versions = opened
	return nil
}

// closed reports whether the value is sealed and was not opened.
func (v Version) closed() bool { return v.Sealed != nil && v.empty() }

// sealValues seals the values that are new under a value key. Those that are
// sealed to it already stay as they are.
func (v *Vault) sealValues(s *Secret) error {
	if s.Key == "" {
		return nil
	}
	for i := range s.Versions {
		version := &s.Versions[i]
		if version.Sealed != nil {
			continue
		}
		// Under the lock: a key that was deleted meanwhile must not be sealed to.
		key, err := v.valueKey(s.Key)
		if err != nil {
			return err
		}
		text, err := json.Marshal(version.Value.stored())
		if err != nil {
			return err
		}
		if version.Sealed, err = key.Seal(valueID(s, *version), padded(text)); err != nil {
			return err
		}
	}
	return nil
}

// valueID binds a sealed value to its version of its secret, whatever the name.
func valueID(s *Secret, v Version) string {
	return "value/" + s.ID + "/" + strconv.Itoa(v.Number) + "/" + v.ID
}

// wellSealed reports whether the values are all sealed or all in the document.
func (s *Secret) wellSealed() bool {
	if s.Key != "" && !isValueKeyName(s.Key) {
		return false
	}
	return !slices.ContainsFunc(s.Versions, func(v Version) bool {
		if s.Key == "" {
			return v.Sealed != nil
		}
		return len(v.Sealed) == 0 || !v.empty()
	})
}

// ReachValueKey opens a value key, and asks for its passphrase if there is one, so that
// nothing has to be asked later. It does nothing for an empty name, which is the vault's
// own key.
func (v *Vault) ReachValueKey(name string) error {
	if name == "" {
		return nil
	}
	if err := CheckValueKeyName(name); err != nil {
		return err
	}
	v.valueKeys.asking.Lock()
	defer v.valueKeys.asking.Unlock()
	_, err := v.valueKey(name)
	if !errors.Is(err, errNotReached) {
		return err
	}
	file, err := v.readKeyFile(name)
	if err != nil {
		return err
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

// reachKeyOf is [Vault.ReachValueKey] for the key that a secret is under, if there is one.
func (v *Vault) reachKeyOf(name Name) error {
	s, err := v.getMeta(name)
	if err != nil {
		return nil // the holder of the lock finds the same error
	}
	return v.reachKeyFor(s)
}

// reachKeyFor is [Vault.ReachValueKey] for a secret. A missing key is an error when the
// values are opened, which says of which secret.
func (v *Vault) reachKeyFor(s *Secret) error {
	if err := v.ReachValueKey(s.Key); !errors.Is(err, ErrNoSuchValueKey) {
		return err
	}
	return nil
}

// errNotReached means that a value key is behind a passphrase that was not asked for.
var errNotReached = fmt.Errorf("%w: the key was not asked for; try again", ErrNoKey)

// valueKeyCache has the value keys that this process opened, or could not open.
type valueKeyCache struct {
	mu   sync.Mutex // not held while a passphrase is asked for
	open map[string]openKey

	asking sync.Mutex
}

type openKey struct {
	file []byte // the key file
	key  *crypto.VaultKey
	err  error // of a passphrase that is not to be asked for again
}

// valueKey returns the key that a value key and the vault's id derive to. It asks nothing:
// a key behind a passphrase is at hand after [Vault.ReachValueKey].
//
// It reads the file each time, so that a key that was deleted or replaced meanwhile is not
// taken for the one that is there.
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
		return nil, fmt.Errorf("the key %q: %w", name, errNotReached)
	}
	return v.keepKey(name, file, key, nil)
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

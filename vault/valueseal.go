package vault

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
)

// GetMeta is [Vault.Get] without the values of a secret that is under a value key,
// which it does not need: such versions are Sealed and have no value.
func (v *Vault) GetMeta(name Name) (*Secret, error) {
	s, err := v.getMeta(name)
	return s, v.orReplaced(err)
}

// UpdateMeta is [Vault.Update] without the values, as with [Vault.GetMeta]: for a change
// of labels, tags, a description or a deletion.
func (v *Vault) UpdateMeta(name Name, change func(*Secret) error) (*Secret, error) {
	return v.commit(name, v.getMeta, existing(name, change))
}

// SetKey puts a secret under a value key: all of its values are sealed to it
// with the next commit, and take it to be read. An empty name takes it away. The
// error is [ErrNoSuchValueKey] or [ErrDamaged].
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
		if _, err := s.vault.valueKey(name); err != nil {
			return err
		}
	}
	if err := s.vault.openValues(s); err != nil {
		return err
	}
	for i := range s.Versions {
		s.Versions[i].Sealed = nil
	}
	s.Key = name
	return nil
}

// openValues fills in the values that are sealed to a value key: all or none.
func (v *Vault) openValues(s *Secret) error {
	if s.Key == "" || !slices.ContainsFunc(s.Versions, Version.closed) {
		return nil
	}
	key, err := v.valueKey(s.Key)
	if errors.Is(err, ErrNoSuchValueKey) {
		return Errorf(ErrNoKey, "%q is under the key %q, and %s is missing; bring that file back from a copy of the vault", s.Name, s.Key, v.keyPath(s.Key))
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
		if err != nil || opened[i].closed() || opened[i].check(s.Kind) != nil {
			return Errorf(ErrDamaged, "version %d of %q was not sealed with the key %q that is in the vault now; bring both files back from one copy of the vault", opened[i].Number, s.Name, s.Key)
		}
	}
	s.Versions = opened
	return nil
}

// closed reports whether the value is sealed and was not opened.
func (v Version) closed() bool { return v.Sealed != nil && v.Plain == nil && v.Fields == nil }

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
		text, err := json.Marshal(version.Value)
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
		return len(v.Sealed) == 0 || v.Plain != nil || v.Fields != nil
	})
}

// withSealedValues is s as it is written: without the values that are sealed.
func (s *Secret) withSealedValues() *Secret {
	if s.Key == "" {
		return s
	}
	written := *s
	written.Versions = slices.Clone(s.Versions)
	for i := range written.Versions {
		written.Versions[i].Value = Value{}
	}
	return &written
}

package unlock

import (
	"errors"
	"fmt"
	"io"

	"example.org/secret/crypto"
	"example.org/secret/crypto/keyring"
	"example.org/secret/vault"
)

// Set is the unlockers of a vault in the making, and its master key.
type Set struct {
	ID     string // of the vault
	Master crypto.MasterKey
	Sealed vault.SealedKeys

	kept []Unlocker
}

// NewSet returns a set without unlockers, with a new master key and a new id.
func NewSet(rand io.Reader) (*Set, error) {
	id, err := vault.NewID(rand)
	if err != nil {
		return nil, err
	}
	master, err := crypto.GenerateMasterKey()
	if err != nil {
		return nil, err
	}
	return &Set{ID: id, Master: master, Sealed: vault.SealedKeys{}}, nil
}

// UseKeyFile makes the key in a file the master key. The error is [fs.ErrNotExist] if there is no file. The set must be
// empty.
func (s *Set) UseKeyFile(path string) error {
	master, err := readMasterKey(path)
	if err != nil {
		return err
	}
	s.Master, s.Sealed[vault.KeyFile] = master, nil
	return nil
}

// Add puts the master key into the place of an unlocker.
func (s *Set) Add(unlocker Unlocker) error {
	keep, err := unlocker.prepare(s.ID, s.Master)
	if err != nil {
		return err
	}
	sealed, err := keep()
	if errors.Is(err, keyring.ErrNotStored) {
		_ = unlocker.undo(s.ID) // the keyring may hold something else
	}
	if err != nil {
		return err
	}
	s.Sealed[unlocker.kind()] = sealed
	s.kept = append(s.kept, unlocker)
	return nil
}

// Undo removes the master key from the places that Add put it into, and returns cause, which keeps the vault from being
// made.
func (s *Set) Undo(cause error) error {
	for _, unlocker := range s.kept {
		if err := unlocker.undo(s.ID); err != nil {
			cause = fmt.Errorf("%w (and its master key is left: %w)", cause, err)
		}
	}
	return cause
}

var errNotDurable = errors.New("not durable")

// Create makes the vault in dir, as [vault.Create] does, or removes the master key from its places. A vault that is
// there in spite of a failure keeps its key.
func (s *Set) Create(dir string, options vault.Options) error {
	key, err := crypto.DeriveVaultKey(s.Master, s.ID, options.Rand)
	if err == nil {
		_, err = vault.Create(dir, s.ID, key, s.Sealed, options)
	}
	if err == nil {
		return nil
	}
	if header, headerErr := vault.ReadHeader(dir); headerErr == nil && header.ID == s.ID {
		return vault.Errorf(errNotDurable, "the vault in %s is made, but a power cut may undo it: %v", dir, err)
	}
	return s.Undo(err)
}

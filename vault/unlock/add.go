package unlock

import (
	"errors"

	"example.org/secret/crypto"
	"example.org/secret/crypto/keyring"
	"example.org/secret/vault"
)

// keep puts the master key into its place, or returns it sealed for the vault to keep.
type keep func() (sealed []byte, err error)

// New is an unlocker that a vault is about to get: [KeyFile] and [Keyring], which hold the master key themselves,
// [NewPassphrase], [NewRecovery] and [NewIdentity].
type New interface {
	unlocker() vault.Unlocker
	// prepare asks the user and proves that the unlocker works. It changes nothing.
	prepare(id string, master crypto.MasterKey) (keep, error)
	// undo removes the key from its place, if the vault does not come to be.
	undo(id string) error
}

// Add adds an unlocker to a vault.
func Add(v *vault.Vault, key *crypto.VaultKey, unlocker New) error {
	keep, err := unlocker.prepare(key.VaultID(), key.MasterKey())
	if err != nil {
		return err
	}
	return v.AddUnlocker(unlocker.unlocker(), keep)
}

// Set is the unlockers of a vault in the making, and its master key.
type Set struct {
	ID     string // of the vault
	Master crypto.MasterKey
	Sealed vault.SealedKeys // for [vault.Create]

	kept []New
}

// NewSet returns a set without unlockers and with a new master key.
func NewSet(id string) (*Set, error) {
	master, err := crypto.GenerateMasterKey()
	return &Set{ID: id, Master: master, Sealed: vault.SealedKeys{}}, err
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
func (s *Set) Add(unlocker New) error {
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
	s.Sealed[unlocker.unlocker()] = sealed
	s.kept = append(s.kept, unlocker)
	return nil
}

// Undo removes the master key from the places that Add put it into. It is for a vault that could not be made.
func (s *Set) Undo() error {
	var failed error
	for _, unlocker := range s.kept {
		failed = errors.Join(failed, unlocker.undo(s.ID))
	}
	return failed
}

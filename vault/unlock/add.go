package unlock

import (
	"example.org/secret/crypto"
	"example.org/secret/vault"
)

// keep puts the master key into its place, or returns it sealed for the vault to keep.
type keep func() (sealed []byte, err error)

// Unlocker is a place for the master key that can be added to a vault: [KeyFile], [Keyring], [Identity], [Passphrase]
// or [Recovery].
type Unlocker interface {
	kind() vault.Unlocker
	// prepare asks the user and proves that the unlocker works. It changes nothing.
	prepare(id string, master crypto.MasterKey) (keep, error)
	// undo removes the key from its place, if the vault does not come to be.
	undo(id string) error
}

// Add adds an unlocker to a vault.
func Add(v *vault.Vault, key *crypto.VaultKey, unlocker Unlocker) error {
	keep, err := unlocker.prepare(key.VaultID(), key.MasterKey())
	if err != nil {
		return err
	}
	return v.AddUnlocker(unlocker.kind(), keep)
}

package unlock

import (
	"errors"
	"fmt"
	"strings"

	"example.org/secret/crypto"
	"example.org/secret/crypto/keyring"
	"example.org/secret/vault"
)

// KeyringStore is a keyring. [keyring.OS] is one.
type KeyringStore interface {
	Get(account string) (string, error)
	Set(account, value string) error
	Delete(account string) error
}

// Keyring is the keyring of the operating system. The vault's id is the account.
type Keyring struct {
	Store KeyringStore
}

const keyringEntry = "the keyring's entry for this vault"

func (k Keyring) find(f *Finder) (*crypto.VaultKey, error) {
	if !f.Header.Has(vault.Keyring) {
		return nil, absent{}
	}
	text, err := k.Store.Get(f.Header.ID)
	switch {
	case err == nil:
		return f.fit(text, keyringEntry)
	case isLocked(err):
		return nil, absent{reason: err.Error(), advice: "unlock the keyring, or give the key with --key-file", urgent: true}
	case errors.Is(err, keyring.ErrUnavailable):
		return nil, absent{reason: err.Error(), advice: "give the key with --key-file (secret key add key-file PATH " +
			"makes the file, where the keyring is)"}
	}
	return nil, absent{reason: err.Error()}
}

func isLocked(err error) bool {
	return errors.Is(err, keyring.ErrLocked) || errors.Is(err, keyring.ErrTimeout)
}

// KeyringError is the failure of a keyring to take the master key. It is a [vault.ErrNoKey].
type KeyringError struct{ Cause error }

func (e *KeyringError) Error() string { return e.Cause.Error() }

// Unwrap returns the kind of the error and its cause.
func (e *KeyringError) Unwrap() []error { return []error{vault.ErrNoKey, e.Cause} }

// Instead returns the error with advice: unlock the keyring if it is locked, or do as alternative says.
func (e *KeyringError) Instead(alternative string) error {
	if isLocked(e.Cause) {
		alternative = "unlock it, or " + alternative
	}
	return noKeyf("%v, and nothing was changed; %s", e.Cause, alternative)
}

func (Keyring) kind() vault.Unlocker { return vault.Keyring }

func (k Keyring) prepare(id string, master crypto.MasterKey) (keep, error) {
	return func() ([]byte, error) {
		if err := k.Store.Set(id, master.Reveal()); err != nil {
			return nil, &KeyringError{err}
		}
		return nil, nil
	}, nil
}

func (k Keyring) undo(id string) error { return k.Store.Delete(id) }

// keyringHolder is the entry of the vault in a keyring.
type keyringHolder struct {
	store KeyringStore
	id    string
	held  []crypto.MasterKey
}

func (k Keyring) holder(f *Finder, unlocker vault.Unlocker) (keyHolder, error) {
	if unlocker != vault.Keyring {
		return nil, nil
	}
	text, err := k.Store.Get(f.Header.ID)
	if err != nil {
		return nil, err
	}
	// A keyring that forgets its entries would forget the only key.
	probe := f.Header.ID + ".probe"
	err = k.Store.Set(probe, "this is to be deleted")
	if deleteErr := k.Store.Delete(probe); err == nil {
		err = deleteErr
	}
	if err != nil {
		return nil, err
	}
	keys, err := crypto.ParseMasterKeys(text)
	if err != nil {
		return nil, err
	}
	return &keyringHolder{k.Store, f.Header.ID, keys}, nil
}

func (h *keyringHolder) Unlocker() vault.Unlocker { return vault.Keyring }
func (h *keyringHolder) Sealed() []byte           { return nil }
func (h *keyringHolder) where() string            { return keyringEntry }

func (h *keyringHolder) keys() ([]crypto.MasterKey, error) { return h.held, nil }

// Add puts next before the other keys.
func (h *keyringHolder) Add(_, next crypto.MasterKey) error { return h.set(withKey(h.held, next)) }

// Retire takes old away.
func (h *keyringHolder) Retire(old crypto.MasterKey) error { return h.set(withoutKey(h.held, old)) }

func (h *keyringHolder) set(keys []crypto.MasterKey) error {
	if len(keys) == len(h.held) {
		return nil
	}
	if err := h.store.Set(h.id, reveal(keys)); err != nil {
		_ = h.store.Set(h.id, reveal(h.held))
		return fmt.Errorf("changing the master key in %s: %w", keyringEntry, err)
	}
	h.held = keys
	return nil
}

func reveal(keys []crypto.MasterKey) string {
	lines := make([]string, len(keys))
	for i, key := range keys {
		lines[i] = key.Reveal()
	}
	return strings.Join(lines, "\n")
}

package crypto

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"filippo.io/age"
)

// ErrWrongPassphrase is returned by [OpenWithPassphrase]. A sealed key that was
// damaged in the part that depends on the passphrase cannot be told apart from a
// wrong passphrase.
var ErrWrongPassphrase = errors.New("wrong passphrase")

// maxPassphraseWork bounds the work that a file from elsewhere can demand: log2 of
// scrypt's cost, as age has it. It takes about twenty seconds and 4 GiB.
const maxPassphraseWork = 22

// SealWithPassphrase seals a key to a passphrase, or two while one takes the place of
// the other, as an age file of its own (scrypt with the given log2 cost; age's default
// is 18, about a second). It can be opened by age -d as well.
func SealWithPassphrase(passphrase string, work int, keys ...MasterKey) ([]byte, error) {
	recipient, err := age.NewScryptRecipient(passphrase)
	if err != nil {
		return nil, fmt.Errorf("sealing a key: %w", err)
	}
	recipient.SetWorkFactor(work)
	var sealed bytes.Buffer
	w, err := age.Encrypt(&sealed, recipient)
	if err != nil {
		return nil, fmt.Errorf("sealing a key: %w", err)
	}
	for _, key := range keys {
		if _, err := io.WriteString(w, key.Reveal()+"\n"); err != nil {
			return nil, fmt.Errorf("sealing a key: %w", err)
		}
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("sealing a key: %w", err)
	}
	return sealed.Bytes(), nil
}

// OpenWithPassphrase opens one key that [SealWithPassphrase] sealed. The error is
// [ErrWrongPassphrase] or [ErrDamaged].
func OpenWithPassphrase(sealed []byte, passphrase string) (MasterKey, error) {
	keys, err := OpenKeysWithPassphrase(sealed, passphrase)
	if err != nil {
		return MasterKey{}, err
	}
	if len(keys) != 1 {
		return MasterKey{}, ErrDamaged
	}
	return keys[0], nil
}

// OpenKeysWithPassphrase is [OpenWithPassphrase] for one key or more.
func OpenKeysWithPassphrase(sealed []byte, passphrase string) ([]MasterKey, error) {
	identity, err := age.NewScryptIdentity(passphrase)
	if err != nil {
		return nil, ErrWrongPassphrase
	}
	identity.SetMaxWorkFactor(maxPassphraseWork)
	r, err := age.Decrypt(bytes.NewReader(sealed), identity)
	if err != nil {
		if errors.Is(err, age.ErrIncorrectIdentity) {
			return nil, ErrWrongPassphrase
		}
		return nil, ErrDamaged
	}
	text, err := io.ReadAll(r)
	if err != nil {
		return nil, ErrDamaged
	}
	keys, err := ParseMasterKeys(string(text))
	if err != nil {
		return nil, ErrDamaged
	}
	return keys, nil
}

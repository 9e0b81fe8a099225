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

// maxPassphraseWork bounds what a file from elsewhere can make us compute: log2
// of scrypt's cost, about twenty seconds on a small machine.
const maxPassphraseWork = 22

// SealWithPassphrase seals the master key to a passphrase, as an age file of its
// own (scrypt with the given log2 cost; age's default is 18, about a second). It
// can be opened by age -d as well.
func SealWithPassphrase(master MasterKey, passphrase string, work int) ([]byte, error) {
	recipient, err := age.NewScryptRecipient(passphrase)
	if err != nil {
		return nil, fmt.Errorf("sealing the master key: %w", err)
	}
	recipient.SetWorkFactor(work)
	var sealed bytes.Buffer
	w, err := age.Encrypt(&sealed, recipient)
	if err != nil {
		return nil, fmt.Errorf("sealing the master key: %w", err)
	}
	if _, err := io.WriteString(w, master.Reveal()+"\n"); err != nil {
		return nil, fmt.Errorf("sealing the master key: %w", err)
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("sealing the master key: %w", err)
	}
	return sealed.Bytes(), nil
}

// OpenWithPassphrase opens what [SealWithPassphrase] sealed. The error is
// [ErrWrongPassphrase] or [ErrDamaged].
func OpenWithPassphrase(sealed []byte, passphrase string) (MasterKey, error) {
	identity, err := age.NewScryptIdentity(passphrase)
	if err != nil {
		return MasterKey{}, ErrWrongPassphrase
	}
	identity.SetMaxWorkFactor(maxPassphraseWork)
	r, err := age.Decrypt(bytes.NewReader(sealed), identity)
	if err != nil {
		if errors.Is(err, age.ErrIncorrectIdentity) {
			return MasterKey{}, ErrWrongPassphrase
		}
		return MasterKey{}, ErrDamaged
	}
	text, err := io.ReadAll(r)
	if err != nil {
		return MasterKey{}, ErrDamaged
	}
	master, err := ParseMasterKey(string(text))
	if err != nil {
		return MasterKey{}, ErrDamaged
	}
	return master, nil
}

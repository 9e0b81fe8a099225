package unlock

import (
	"errors"
	"time"

	"example.org/secret/crypto"
	"example.org/secret/vault"
)

// Sessions keeps master keys for a limited time. [session.Kernel] is one.
type Sessions interface {
	Open(vaultID, key string, timeout time.Duration) error
	Get(vaultID string) (string, error)
	Close(vaultID string) error
}

// Session is the session that secret unlock opened.
type Session struct {
	Store Sessions
}

func (s Session) find(f *Finder) (*crypto.VaultKey, error) {
	text, err := s.Store.Get(f.Header.ID)
	if err != nil {
		return nil, absent{}
	}
	key, err := f.fit(text, "the session that secret unlock opened")
	if errors.Is(err, vault.ErrNoKey) {
		return nil, absent{reason: err.Error()} // it outlived its key
	}
	return key, err
}

package crypto

import (
	"encoding/base64"
	"fmt"
	"io"

	"filippo.io/age"
	"golang.org/x/crypto/chacha20poly1305"
)

const (
	stanzaType  = "secret-vault"
	fileKeySize = 16
)

var (
	_ age.RecipientWithLabels = (*vaultStanza)(nil)
	_ age.Recipient           = (*vaultStanza)(nil)
	_ age.Identity            = (*vaultStanza)(nil)
)

// vaultStanza seals age's file key with XChaCha20-Poly1305. The context (vault
// and file) is authenticated with it, so that a file opens only where it was
// written to. Being symmetric it is recipient and identity in one.
type vaultStanza struct {
	key     []byte
	rand    io.Reader
	context string
}

// Wrap implements [age.Recipient].
func (s *vaultStanza) Wrap(fileKey []byte) ([]*age.Stanza, error) {
	aead, err := chacha20poly1305.NewX(s.key)
	if err != nil {
		return nil, err
	}
	nonce := make([]byte, chacha20poly1305.NonceSizeX)
	if _, err := io.ReadFull(s.rand, nonce); err != nil {
		return nil, fmt.Errorf("reading randomness: %w", err)
	}
	return []*age.Stanza{{
		Type: stanzaType,
		Args: []string{base64.RawStdEncoding.EncodeToString(nonce)},
		Body: aead.Seal(nil, nonce, fileKey, []byte(s.context)),
	}}, nil
}

// WrapWithLabels implements [age.RecipientWithLabels]. A symmetric key has
// nothing that a quantum computer breaks, and age lets only recipients that say
// so stand beside a hybrid one.
func (s *vaultStanza) WrapWithLabels(fileKey []byte) ([]*age.Stanza, []string, error) {
	stanzas, err := s.Wrap(fileKey)
	return stanzas, []string{"postquantum"}, err
}

// Unwrap implements [age.Identity].
func (s *vaultStanza) Unwrap(stanzas []*age.Stanza) ([]byte, error) {
	for _, stanza := range stanzas {
		if stanza.Type != stanzaType {
			continue
		}
		if len(stanza.Args) != 1 || len(stanza.Body) != fileKeySize+chacha20poly1305.Overhead {
			return nil, ErrDamaged
		}
		nonce, err := base64.RawStdEncoding.Strict().DecodeString(stanza.Args[0])
		if err != nil || len(nonce) != chacha20poly1305.NonceSizeX {
			return nil, ErrDamaged
		}
		aead, err := chacha20poly1305.NewX(s.key)
		if err != nil {
			return nil, err
		}
		fileKey, err := aead.Open(nil, nonce, stanza.Body, []byte(s.context))
		if err != nil {
			return nil, ErrDamaged
		}
		return fileKey, nil
	}
	return nil, age.ErrIncorrectIdentity
}

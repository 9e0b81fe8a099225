package crypto

import (
	"bytes"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"sync"

	"filippo.io/age"
	"golang.org/x/crypto/chacha20poly1305"
)

// The info strings of the derived keys. A change to the use of a key
// takes a new string, never a second use of an old one.
const (
	infoSeal  = "example.org/secret/v1/seal"
	infoName  = "example.org/secret/v1/name"
	infoCheck = "example.org/secret/v1/check"

	checkSize  = 16
	fileIDSize = 20
)

// ErrDamaged is returned by [VaultKey.Open] for anything but a file that this
// key sealed under the same id: a file that was changed, cut short, copied from
// another place, or written without the key.
var ErrDamaged = errors.New("damaged or tampered with")

var fileIDEncoding = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// VaultKey is derived from the master key and the id of one vault. It is safe for
// concurrent use.
type VaultKey struct {
	master  MasterKey
	vaultID string
	rand    io.Reader
	seal    []byte
	name    []byte
	check   []byte

	// Reading never needs the recipient, and making it costs more than all the
	// rest of a read.
	recipient func() (*age.HybridRecipient, error)
}

// DeriveVaultKey derives the key of the vault whose id is vaultID. The nonces of
// sealed files are read from rand, which must be cryptographically secure.
func DeriveVaultKey(master MasterKey, vaultID string, rand io.Reader) (*VaultKey, error) {
	root, err := hkdf.Extract(sha256.New, []byte(master.identity), []byte(vaultID))
	if err != nil {
		return nil, fmt.Errorf("deriving the vault key: %w", err)
	}
	k := &VaultKey{master: master, vaultID: vaultID, rand: rand, recipient: sync.OnceValues(master.recipient)}
	for _, derived := range []struct {
		key  *[]byte
		info string
		size int
	}{
		{&k.seal, infoSeal, chacha20poly1305.KeySize},
		{&k.name, infoName, sha256.Size},
		{&k.check, infoCheck, checkSize},
	} {
		if *derived.key, err = hkdf.Expand(sha256.New, root, derived.info, derived.size); err != nil {
			return nil, fmt.Errorf("deriving the vault key: %w", err)
		}
	}
	return k, nil
}

// Check returns the vault's public check value, 32 hexadecimal digits. A master
// key belongs to a vault if it derives to the check value in the vault's header.
func (k *VaultKey) Check() string { return hex.EncodeToString(k.check) }

// MasterKey returns the key that this one was derived from.
func (k *VaultKey) MasterKey() MasterKey { return k.master }

// VaultID returns the id of the vault that this is a key of.
func (k *VaultKey) VaultID() string { return k.vaultID }

// String hides the key from logs and error messages.
func (k *VaultKey) String() string { return "[vault key]" }

// GoString hides the key from %#v.
func (k *VaultKey) GoString() string { return k.String() }

// FileID returns the id under which name is filed: 160 bits of HMAC-SHA256, as
// 32 characters of lower-case base32. Without the key nothing can be told of the
// name, not even whether a guess is right.
func (k *VaultKey) FileID(name string) string {
	mac := hmac.New(sha256.New, k.name)
	mac.Write([]byte(name))
	return fileIDEncoding.EncodeToString(mac.Sum(nil)[:fileIDSize])
}

// Seal encrypts plaintext as the file fileID of this vault. The result is an age
// v1 file (https://c2sp.org/age) with two stanzas: the master key's and ours.
func (k *VaultKey) Seal(fileID string, plaintext []byte) ([]byte, error) {
	master, err := k.recipient()
	if err != nil {
		return nil, err
	}
	var sealed bytes.Buffer
	w, err := age.Encrypt(&sealed, master, k.stanza(fileID))
	if err != nil {
		return nil, fmt.Errorf("sealing: %w", err)
	}
	if _, err := w.Write(plaintext); err != nil {
		return nil, fmt.Errorf("sealing: %w", err)
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("sealing: %w", err)
	}
	return sealed.Bytes(), nil
}

// Open decrypts a file that [VaultKey.Seal] sealed under the same fileID. It returns
// the whole plaintext or [ErrDamaged], never a part.
//
// A file of one chunk, which is nearly every file, is opened without age's
// reader: that allocates a whole chunk of 64 KiB for it, and a listing would
// mostly be busy with that garbage.
func (k *VaultKey) Open(fileID string, sealed []byte) ([]byte, error) {
	if header, payload, ok := splitHeader(sealed); ok && len(payload) <= maxSmallPayload {
		fileKey, err := age.DecryptHeader(header, k.stanza(fileID))
		if err != nil {
			return nil, ErrDamaged
		}
		return openChunk(fileKey, payload)
	}
	r, size, err := age.DecryptReaderAt(bytes.NewReader(sealed), int64(len(sealed)), k.stanza(fileID))
	if err != nil {
		return nil, ErrDamaged
	}
	plaintext := make([]byte, size)
	if _, err := io.ReadFull(io.NewSectionReader(r, 0, size), plaintext); err != nil {
		return nil, ErrDamaged
	}
	return plaintext, nil
}

// splitHeader finds the end of age's header, which is the line with its MAC. Only
// age itself judges its content.
func splitHeader(sealed []byte) (header, payload []byte, ok bool) {
	mac := bytes.Index(sealed, []byte("\n--- "))
	if mac < 0 {
		return nil, nil, false
	}
	end := bytes.IndexByte(sealed[mac+1:], '\n')
	if end < 0 {
		return nil, nil, false
	}
	end += mac + 2
	return sealed[:end], sealed[end:], true
}

const (
	payloadNonceSize = 16
	maxSmallPayload  = payloadNonceSize + 64<<10 + chacha20poly1305.Overhead
)

// openChunk opens a payload of one chunk, as age specifies it: a nonce of 16
// bytes, from which the key is derived, and the chunk, sealed as number 0 and last.
func openChunk(fileKey, payload []byte) ([]byte, error) {
	if len(payload) < payloadNonceSize {
		return nil, ErrDamaged
	}
	nonce, chunk := payload[:payloadNonceSize], payload[payloadNonceSize:]
	key, err := hkdf.Key(sha256.New, fileKey, nonce, "payload", chacha20poly1305.KeySize)
	if err != nil {
		return nil, ErrDamaged
	}
	aead, err := chacha20poly1305.New(key)
	if err != nil {
		return nil, ErrDamaged
	}
	counter := [chacha20poly1305.NonceSize]byte{chacha20poly1305.NonceSize - 1: 1}
	plaintext, err := aead.Open(nil, counter[:], chunk, nil)
	if err != nil {
		return nil, ErrDamaged
	}
	return plaintext, nil
}

func (k *VaultKey) stanza(fileID string) *vaultStanza {
	return &vaultStanza{key: k.seal, rand: k.rand, context: k.vaultID + "/" + fileID}
}

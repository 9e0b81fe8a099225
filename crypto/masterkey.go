package crypto

import (
	"errors"
	"fmt"
	"strings"

	"filippo.io/age"
)

const (
	masterKeyPrefix = "AGE-SECRET-KEY-PQ-1"
	masterKeyLength = 77
	bech32Charset   = "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L"
)

// ErrNotAMasterKey is returned for text that holds no master key, or more of them
// than are wanted. Neither the error nor its text repeats any of the input, which may be a
// mistyped key.
var ErrNotAMasterKey = errors.New("not a master key (a line that begins with " + masterKeyPrefix + ")")

// MasterKey opens everything in a vault. It is the text form of an age
// post-quantum hybrid identity (see [age.HybridIdentity]): one printable line of
// 77 characters, which every keyring can hold.
//
// Printing a MasterKey with package fmt does not show it; [MasterKey.Reveal]
// does. The zero value is no key.
type MasterKey struct {
	identity string
}

// GenerateMasterKey makes a new master key from the system's randomness.
func GenerateMasterKey() (MasterKey, error) {
	identity, err := age.GenerateHybridIdentity()
	if err != nil {
		return MasterKey{}, fmt.Errorf("making a master key: %w", err)
	}
	return MasterKey{identity.String()}, nil
}

// ParseMasterKey finds the one master key in text: the contents of a key file,
// of a keyring entry, or text that a user typed. Blank lines and lines that begin
// with # are passed over, as in the identity files of age. The key's own
// checksum is not verified here, for speed; a key with a wrong one belongs to no
// vault, which [VaultKey.Check] shows.
//
// The error is [ErrNotAMasterKey].
func ParseMasterKey(text string) (MasterKey, error) {
	keys, err := ParseMasterKeys(text)
	if err != nil || len(keys) != 1 {
		return MasterKey{}, ErrNotAMasterKey
	}
	return keys[0], nil
}

// ParseMasterKeys is [ParseMasterKey] for text with one master key or more, as it
// is while one key takes the place of another.
func ParseMasterKeys(text string) ([]MasterKey, error) {
	var keys []MasterKey
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		digits, ok := strings.CutPrefix(line, masterKeyPrefix)
		if !ok || len(line) != masterKeyLength || strings.Trim(digits, bech32Charset) != "" {
			return nil, ErrNotAMasterKey
		}
		keys = append(keys, MasterKey{line})
	}
	if len(keys) == 0 {
		return nil, ErrNotAMasterKey
	}
	return keys, nil
}

// Reveal returns the key as text, to be stored or shown to its owner.
func (k MasterKey) Reveal() string { return k.identity }

// String hides the key from logs and error messages.
func (k MasterKey) String() string { return "[master key]" }

// GoString hides the key from %#v.
func (k MasterKey) GoString() string { return k.String() }

func (k MasterKey) recipient() (*age.HybridRecipient, error) {
	identity, err := age.ParseHybridIdentity(k.identity)
	if err != nil {
		return nil, ErrNotAMasterKey
	}
	return identity.Recipient(), nil
}

package wire

import (
	"encoding/base32"
	"encoding/base64"
	"fmt"
	"io"
	"strings"
)

// Client is a program with a key pair of its own.
type Client struct {
	Name string
	KeyPair
}

// KeyPair has the form of an access key of AWS.
type KeyPair struct {
	ID     string // public
	Secret string
}

// NewKeyPair makes a key pair from random bytes: AKIA and 16 characters, and a secret of 40 characters (240 bits).
func NewKeyPair(rand io.Reader) (KeyPair, error) {
	random := make([]byte, 10+30)
	if _, err := io.ReadFull(rand, random); err != nil {
		return KeyPair{}, fmt.Errorf("making a key pair: %w", err)
	}
	return KeyPair{
		ID:     "AKIA" + base32.StdEncoding.EncodeToString(random[:10]),
		Secret: base64.StdEncoding.EncodeToString(random[10:]),
	}, nil
}

// NewToken makes a token of 128 random bits that may stand in a path: 26 lower-case letters and digits.
func NewToken(rand io.Reader) (string, error) {
	random := make([]byte, 16)
	if _, err := io.ReadFull(rand, random); err != nil {
		return "", fmt.Errorf("making a token: %w", err)
	}
	return strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(random)), nil
}

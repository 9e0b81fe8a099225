package main

import (
	"errors"
	"fmt"
	"strings"

	"example.org/secret/crypto"
	"example.org/secret/vault"
)

func (s *keySearch) passphrase(way vault.Way) (*crypto.VaultKey, error) {
	sealed, err := s.header.ReadUnlock(way)
	if err != nil {
		return nil, err
	}
	keys, _, err := s.askToOpen(s.passphrasePrompt(way), way, sealed)
	if errors.Is(err, errNoTerminal) {
		s.note("no terminal to ask for the passphrase at")
		return nil, s.notFound()
	}
	if err != nil {
		return nil, err
	}
	return s.derive(keys, "the vault's sealed master key")
}

// askToOpen asks for the passphrase of a way and opens what is sealed to it.
func (s *keySearch) askToOpen(prompt string, way vault.Way, sealed []byte) (keys []crypto.MasterKey, passphrase string, err error) {
	for range passphraseAttempts {
		typed, err := s.askHidden(prompt)
		if err != nil {
			return nil, "", err
		}
		keys, err := crypto.OpenKeysWithPassphrase(sealed, string(typed))
		switch {
		case errors.Is(err, crypto.ErrWrongPassphrase):
			s.warnf("that passphrase is wrong")
		case err != nil:
			return nil, "", fmt.Errorf("the vault's sealed master key (%s): %w", way, err)
		default:
			return keys, string(typed), nil
		}
	}
	return nil, "", noKeyf("wrong passphrase for the vault %s", s.header.Dir)
}

// passphrasePrompt says where the key is missing before it asks for the sheet
// that is meant for the day it is lost: most often it was only not named.
func (s *keySearch) passphrasePrompt(way vault.Way) string {
	if way == vault.Recovery {
		return fmt.Sprintf("No key found (%s). Recovery passphrase for the vault %s", strings.Join(s.looked, "; "), s.header.Dir)
	}
	return "Passphrase for the vault " + s.header.Dir
}

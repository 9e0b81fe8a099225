package main

import (
	"errors"
	"fmt"
	"strings"

	"example.org/secret/cmd/secret/internal/prompt"
	"example.org/secret/crypto"
	"example.org/secret/vault"
)

// passphrase asks for the passphrase, which the words of the recovery sheet may take
// the place of.
func (s *keySearch) passphrase() (*crypto.VaultKey, error) {
	var sealed [][]byte
	var missing error
	for _, way := range []vault.Unlocker{vault.Passphrase, vault.Recovery} {
		if !s.header.Has(way) {
			continue
		}
		if text, err := s.header.ReadSealedKey(way); err == nil {
			sealed = append(sealed, text)
		} else {
			missing = err
		}
	}
	if len(sealed) == 0 {
		return nil, missing
	}
	keys, _, err := s.askToOpen(s.passphrasePrompt(), sealed...)
	if errors.Is(err, prompt.ErrNoTerminal) {
		s.note("no terminal to ask for the passphrase at")
		return nil, s.notFound()
	}
	if err != nil {
		return nil, err
	}
	return s.derive(keys, "the vault's sealed master key")
}

// askToOpen asks for a passphrase that opens one of what is sealed.
func (s *keySearch) askToOpen(prompt string, sealed ...[]byte) (keys []crypto.MasterKey, passphrase string, err error) {
	for range passphraseAttempts {
		typed, err := s.prompt.Hidden(prompt)
		if err != nil {
			return nil, "", err
		}
		wrong := false
		for _, text := range sealed {
			if keys, err = crypto.OpenKeysWithPassphrase(text, string(typed)); err == nil {
				return keys, string(typed), nil
			}
			wrong = wrong || errors.Is(err, crypto.ErrWrongPassphrase)
		}
		if !wrong {
			return nil, "", fmt.Errorf("the vault's sealed master key: %w", err)
		}
		s.warnf("that passphrase is wrong")
	}
	return nil, "", noKeyf("wrong passphrase for the vault %s", s.header.Dir)
}

// passphrasePrompt says where the key is missing before it asks for the sheet
// that is meant for the day it is lost: most often it was only not named.
func (s *keySearch) passphrasePrompt() string {
	switch {
	case !s.header.Has(vault.Passphrase):
		return fmt.Sprintf("No key found (%s). Recovery passphrase for the vault %s", strings.Join(s.looked, "; "), s.header.Dir)
	case s.header.Has(vault.Recovery):
		return "Passphrase, or the words of the recovery sheet, for the vault " + s.header.Dir
	}
	return "Passphrase for the vault " + s.header.Dir
}

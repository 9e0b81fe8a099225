package main

import (
	"errors"
	"path/filepath"
	"strings"

	"example.org/secret/crypto"
	"example.org/secret/vault"
)

// keyHolder is a place that holds the master key, and two of them while one
// replaces the other.
type keyHolder struct {
	way    vault.Way
	where  string
	text   string                            // what it holds, an identity file
	sealed []byte                            // the same as it is in the vault, if it is there
	put    func(text string) ([]byte, error) // returns what is to be written to the vault
}

// findHolders finds all that hold the master key of the vault, each of which has to
// be within reach: who is left with the old key is locked out.
func (r *keyRotation) findHolders() ([]*keyHolder, error) {
	ways := r.header.Unlock
	if r.file != "" && !r.header.Has(vault.KeyFile) {
		ways = append([]vault.Way{vault.KeyFile}, ways...) // a copy of the key that is in use
	}
	var holders []*keyHolder
	for _, way := range ways {
		var holder *keyHolder
		var err error
		switch way {
		case vault.KeyFile:
			holder, err = r.fileHolder()
		case vault.Keyring:
			holder, err = r.keyringHolder()
		case vault.Passphrase, vault.Recovery:
			holder, err = r.sealedHolder(way)
		case vault.Identity:
			err = errors.New("the key is not sealed to identities anew")
		default:
			err = errors.New("this program does not know it")
		}
		if err == nil {
			err = r.holdsKey(holder)
		}
		if errors.Is(err, errInterrupted) {
			return nil, err
		}
		if err != nil {
			return nil, noKeyf("nothing was changed, since the %s cannot get the new key: %v; take it away first with secret key remove %s, and add it again afterwards",
				way, err, way)
		}
		holders = append(holders, holder)
	}
	return holders, nil
}

// holdsKey makes sure that what is about to be changed is the key of this vault.
func (r *keyRotation) holdsKey(holder *keyHolder) error {
	keys, err := crypto.ParseMasterKeys(holder.text)
	if err != nil {
		return err
	}
	_, err = r.derive(keys, holder.where)
	return err
}

func (r *keyRotation) fileHolder() (*keyHolder, error) {
	if r.file == "" {
		return nil, errors.New("it is not known here; name it with --key-file")
	}
	path, err := filepath.EvalSymlinks(r.file)
	if err != nil {
		return nil, err
	}
	text, err := readKeyFile(path, vault.CheckPrivate)
	if err != nil {
		return nil, err
	}
	if err := vault.CanReplaceInPlace(path); err != nil {
		return nil, err
	}
	return &keyHolder{way: vault.KeyFile, where: path, text: text, put: func(text string) ([]byte, error) {
		return nil, vault.ReplaceInPlace(path, []byte(text))
	}}, nil
}

func (r *keyRotation) keyringHolder() (*keyHolder, error) {
	text, err := r.keyringGet(r.header.ID)
	if err != nil {
		return nil, err
	}
	// A keyring that forgets what it is given would forget the only key.
	probe := r.header.ID + ".probe"
	err = r.keyring.Set(probe, "this is to be deleted")
	if deleteErr := r.keyring.Delete(probe); err == nil {
		err = deleteErr
	}
	if err != nil {
		return nil, err
	}
	holder := &keyHolder{way: vault.Keyring, where: "the keyring's entry for this vault", text: text}
	holder.put = func(text string) ([]byte, error) {
		err := r.keyring.Set(r.header.ID, strings.TrimSpace(text))
		if err != nil {
			_ = r.keyring.Set(r.header.ID, strings.TrimSpace(holder.text))
		}
		return nil, err
	}
	return holder, nil
}

func (r *keyRotation) sealedHolder(way vault.Way) (*keyHolder, error) {
	sealed, err := r.header.ReadUnlock(way)
	if err != nil {
		return nil, err
	}
	prompt := "Passphrase for the vault " + r.header.Dir
	if way == vault.Recovery {
		prompt = "Recovery passphrase, from your paper, for the vault " + r.header.Dir
	}
	keys, typed, err := r.askToOpen(prompt, way, sealed)
	if errors.Is(err, errNoTerminal) {
		err = errors.New("there is no terminal to type it at")
	}
	if err != nil {
		return nil, err
	}
	var text strings.Builder
	for _, key := range keys {
		text.WriteString(key.Reveal() + "\n")
	}
	return &keyHolder{way: way, where: "what is sealed for the " + string(way), text: text.String(), sealed: sealed, put: func(text string) ([]byte, error) {
		keys, err := crypto.ParseMasterKeys(text)
		if err != nil {
			return nil, err
		}
		return crypto.SealKeysWithPassphrase(keys, typed, passphraseWork)
	}}, nil
}

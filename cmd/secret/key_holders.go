package main

import (
	"errors"
	"path/filepath"
	"strings"

	"example.org/secret/cmd/secret/internal/prompt"
	"example.org/secret/crypto"
	"example.org/secret/vault"
)

// keyHolder is a place that holds the master key, and two of them while one
// replaces the other.
type keyHolder struct {
	way    vault.Unlocker
	where  string
	text   string // what it holds, an identity file
	sealed []byte // the same as it is in the vault, if it is there

	// change has it hold what edit makes of its text, and updates text and sealed.
	change func(edit func(text string) (string, error)) error
}

// findHolders finds all that hold the master key of the vault, each of which has to
// be within reach: who is left with the old key is locked out.
func (r *keyRotation) findHolders() ([]*keyHolder, error) {
	ways := r.header.Unlock
	if r.file != "" && !r.header.Has(vault.KeyFile) {
		ways = append([]vault.Unlocker{vault.KeyFile}, ways...) // a copy of the key that is in use
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
		switch {
		case errors.Is(err, prompt.ErrInterrupted), errors.Is(err, vault.ErrDamaged):
			return nil, err
		case err != nil && !r.header.Has(way):
			return nil, noKeyf("nothing was changed, since %s cannot get the new key: %v; name a copy of the key that can be changed with --key-file", r.file, err)
		case err != nil:
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
	if err := vault.CanRewriteKeyFile(path); err != nil {
		return nil, err
	}
	holder := &keyHolder{way: vault.KeyFile, where: path, text: text}
	holder.change = func(edit func(string) (string, error)) error {
		// The file is read again, since it may hold the keys of other vaults as well.
		return vault.RewriteKeyFile(path, lockTimeout, func() ([]byte, error) {
			text, err := readKeyFile(path, vault.CheckPrivate)
			if err != nil {
				return nil, err
			}
			holder.text, err = edit(text)
			return []byte(holder.text), err
		})
	}
	return holder, nil
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
	holder.change = func(edit func(string) (string, error)) error {
		keys, err := editKeys(holder.text, edit)
		if keys == nil || err != nil {
			return err
		}
		text := identityFile(keys)
		if err := r.keyring.Set(r.header.ID, strings.TrimSpace(text)); err != nil {
			_ = r.keyring.Set(r.header.ID, strings.TrimSpace(holder.text))
			return err
		}
		holder.text = text
		return nil
	}
	return holder, nil
}

func (r *keyRotation) sealedHolder(way vault.Unlocker) (*keyHolder, error) {
	sealed, err := r.header.ReadSealedKey(way)
	if err != nil {
		return nil, err
	}
	question := "Passphrase for the vault " + r.header.Dir
	if way == vault.Recovery {
		question = "Recovery passphrase, from your paper, for the vault " + r.header.Dir
	}
	keys, typed, err := r.askToOpen(question, sealed)
	if errors.Is(err, prompt.ErrNoTerminal) {
		err = errors.New("there is no terminal to type it at")
	}
	if err != nil {
		return nil, err
	}
	where := "what is sealed for the " + string(way)
	holder := &keyHolder{way: way, where: where, text: identityFile(keys), sealed: sealed}
	holder.change = func(edit func(string) (string, error)) error {
		keys, err := editKeys(holder.text, edit)
		if keys == nil || err != nil {
			return err
		}
		if holder.sealed, err = crypto.SealWithPassphrase(typed, passphraseWork, keys...); err != nil {
			return err
		}
		holder.text = identityFile(keys)
		return nil
	}
	return holder, nil
}

// editKeys returns the keys in what edit makes of text, or none if nothing changed.
func editKeys(text string, edit func(string) (string, error)) ([]crypto.MasterKey, error) {
	edited, err := edit(text)
	if err != nil || edited == text {
		return nil, err
	}
	return crypto.ParseMasterKeys(edited)
}

func identityFile(keys []crypto.MasterKey) string {
	var text strings.Builder
	for _, key := range keys {
		text.WriteString(key.Reveal() + "\n")
	}
	return text.String()
}

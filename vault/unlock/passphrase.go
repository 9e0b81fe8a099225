package unlock

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"example.org/secret/crypto"
	"example.org/secret/vault"
	"example.org/secret/vault/password"
)

const (
	minPassphraseLength = 8
	passphraseAttempts  = 3
	// recoveryWords make 103 bits, behind scrypt.
	recoveryWords = 8
)

// ErrCannotAsk is the error of an [Ask] that has no terminal to ask at.
var ErrCannotAsk = errors.New("there is no terminal to ask at")

// Ask asks the user for a passphrase, which it does not show. It returns [ErrCannotAsk] if there is no terminal.
type Ask func(question string) (string, error)

// askError is the error of an [Ask], such as that the user interrupted it.
type askError struct{ error }

func (e askError) Unwrap() error { return e.error }

// Passphrase is a passphrase. A source of it takes the words of a recovery sheet as well, at the same question.
type Passphrase struct {
	Ask  Ask // nil if the user must not be asked
	Work Work
}

// Work is log2 of the cost of scrypt, by which a passphrase is sealed. The zero Work is 18, which takes about a second.
type Work int

func (w Work) cost() int {
	if w == 0 {
		return 18
	}
	return int(w)
}

func (p Passphrase) find(f *Finder) (*crypto.VaultKey, error) {
	if !f.Header.Has(vault.Passphrase) && !f.Header.Has(vault.Recovery) {
		return nil, absent{}
	}
	var cannotAsk absent
	if f.Header.Has(vault.Passphrase) {
		cannotAsk.advice = "run secret unlock at a terminal and give the passphrase, or give the key with --key-file"
	}
	if p.Ask == nil {
		return nil, cannotAsk
	}
	sealed, err := sealedToPassphrases(f.Header)
	if err != nil {
		return nil, err
	}
	keys, _, err := open(p.Ask, f.Warn, f.question(), "the vault "+f.Header.Dir, sealed...)
	if errors.Is(err, ErrCannotAsk) {
		cannotAsk.reason = "no terminal to ask for the passphrase at"
		f.note(cannotAsk)
		return nil, f.notFound()
	}
	if err != nil {
		return nil, err
	}
	return f.fitKeys(keys, "the vault's sealed master key")
}

// sealedToPassphrases returns the master key as it is sealed to the passphrase and to the recovery sheet. One of them
// may be lost.
func sealedToPassphrases(header *vault.Header) (sealed [][]byte, err error) {
	for _, unlocker := range []vault.Unlocker{vault.Passphrase, vault.Recovery} {
		if !header.Has(unlocker) {
			continue
		}
		text, readErr := header.ReadSealedKey(unlocker)
		if readErr != nil {
			err = readErr
			continue
		}
		sealed = append(sealed, text)
	}
	if len(sealed) > 0 {
		return sealed, nil
	}
	return nil, err
}

// question names the places without a key before it asks for the recovery sheet, which is for the day that the key is
// lost: most often the user forgot to name the key file.
func (f *Finder) question() string {
	switch {
	case !f.Header.Has(vault.Passphrase):
		return fmt.Sprintf("No key found (%s). Recovery passphrase for the vault "+
			"%s", strings.Join(f.looked, "; "), f.Header.Dir)
	case f.Header.Has(vault.Recovery):
		return "Passphrase, or the words of the recovery sheet, for the vault " + f.Header.Dir
	}
	return "Passphrase for the vault " + f.Header.Dir
}

// open asks for a passphrase that opens one of sealed.
func open(ask Ask, warn func(string), question, locked string, sealed ...[]byte) (
	keys []crypto.MasterKey, passphrase string, err error,
) {
	for range passphraseAttempts {
		typed, err := ask(question)
		if err != nil {
			return nil, "", askError{err}
		}
		wrong := false
		for _, text := range sealed {
			if keys, err = crypto.OpenKeysWithPassphrase(text, typed); err == nil {
				return keys, typed, nil
			}
			wrong = wrong || errors.Is(err, crypto.ErrWrongPassphrase)
		}
		if !wrong {
			return nil, "", fmt.Errorf("the sealed key of %s: %w", locked, err)
		}
		warn("that passphrase is wrong")
	}
	return nil, "", noKeyf("wrong passphrase for %s", locked)
}

// OpenValueKey opens a value key that is behind a passphrase, for [vault.Options].
func OpenValueKey(ask Ask, warn func(string)) func(name string, sealed []byte) (crypto.MasterKey, error) {
	return func(name string, sealed []byte) (crypto.MasterKey, error) {
		keys, _, err := open(ask, warn, "Passphrase for the key "+name, "the key "+name, sealed)
		if errors.Is(err, ErrCannotAsk) {
			err = noKeyf("the key %s is behind a passphrase, and there is no terminal to ask for it at; run this at one", name)
		}
		if err != nil {
			return crypto.MasterKey{}, err
		}
		return keys[0], nil
	}
}

func (Passphrase) kind() vault.Unlocker { return vault.Passphrase }

func (p Passphrase) prepare(_ string, master crypto.MasterKey) (keep, error) {
	sealed, err := p.SealToNew(master)
	return func() ([]byte, error) { return sealed, nil }, err
}

func (Passphrase) undo(string) error { return nil }

// SealToNew asks for a new passphrase, twice, and seals a key to it.
func (p Passphrase) SealToNew(key crypto.MasterKey) ([]byte, error) {
	typed, err := p.Ask(fmt.Sprintf("New passphrase (at least %d characters)", minPassphraseLength))
	if errors.Is(err, ErrCannotAsk) {
		return nil, vault.Errorf(vault.ErrInvalid, "a passphrase is typed at a terminal, and there is none here; use a "+
			"key file; nothing was made")
	}
	if err != nil {
		return nil, err
	}
	if len(typed) < minPassphraseLength {
		return nil, vault.Errorf(vault.ErrInvalid, "a passphrase has at least %d characters; nothing was "+
			"made", minPassphraseLength)
	}
	again, err := p.Ask("The same again")
	if err != nil {
		return nil, err
	}
	if again != typed {
		return nil, vault.Errorf(vault.ErrInvalid, "the two passphrases differ; nothing was made")
	}
	return crypto.SealWithPassphrase(typed, p.Work.cost(), key)
}

// Recovery is a recovery sheet, to be added to a vault. [Passphrase] finds its key.
type Recovery struct {
	Rand io.Reader
	Work Work
	// Show shows the words, and returns nil only after the user typed them so that opens returned true.
	Show func(words string, opens func(typed string) bool) error
}

func (Recovery) kind() vault.Unlocker { return vault.Recovery }

// prepare makes a recovery passphrase, and proves that it opens the master key as the user wrote it down.
func (r Recovery) prepare(_ string, master crypto.MasterKey) (keep, error) {
	words, err := password.Words(r.Rand, recoveryWords)
	if err != nil {
		return nil, err
	}
	sealed, err := crypto.SealWithPassphrase(words, r.Work.cost(), master)
	if err != nil {
		return nil, err
	}
	opens := func(typed string) bool {
		proved, err := crypto.OpenWithPassphrase(sealed, typed)
		return err == nil && proved == master
	}
	if err := r.Show(words, opens); err != nil {
		return nil, err
	}
	return func() ([]byte, error) { return sealed, nil }, nil
}

func (Recovery) undo(string) error { return nil }

// sealedHolder is the master key as the vault keeps it, sealed to a passphrase or a recovery sheet.
type sealedHolder struct {
	unlocker   vault.Unlocker
	passphrase string
	work       Work
	held       []crypto.MasterKey
	sealed     []byte
}

func (p Passphrase) holder(f *Finder, unlocker vault.Unlocker) (keyHolder, error) {
	question := "Passphrase for the vault " + f.Header.Dir
	switch unlocker {
	case vault.Passphrase:
	case vault.Recovery:
		question = "Recovery passphrase, from your paper, for the vault " + f.Header.Dir
	default:
		return nil, nil
	}
	sealed, err := f.Header.ReadSealedKey(unlocker)
	if err != nil {
		return nil, err
	}
	if p.Ask == nil {
		return nil, ErrCannotAsk
	}
	keys, typed, err := open(p.Ask, f.Warn, question, "the vault "+f.Header.Dir, sealed)
	if errors.Is(err, ErrCannotAsk) {
		err = errors.New("there is no terminal to type it at")
	}
	if err != nil {
		return nil, err
	}
	return &sealedHolder{unlocker, typed, p.Work, keys, sealed}, err
}

func (h *sealedHolder) Unlocker() vault.Unlocker { return h.unlocker }
func (h *sealedHolder) Sealed() []byte           { return h.sealed }
func (h *sealedHolder) where() string            { return "the key sealed for the " + string(h.unlocker) }

func (h *sealedHolder) keys() ([]crypto.MasterKey, error) { return h.held, nil }

// Add seals next beside the other keys.
func (h *sealedHolder) Add(_, next crypto.MasterKey) error { return h.seal(withKey(h.held, next)) }

// Retire takes old away.
func (h *sealedHolder) Retire(old crypto.MasterKey) error { return h.seal(withoutKey(h.held, old)) }

func (h *sealedHolder) seal(keys []crypto.MasterKey) error {
	if len(keys) == len(h.held) {
		return nil
	}
	sealed, err := crypto.SealWithPassphrase(h.passphrase, h.work.cost(), keys...)
	if err != nil {
		return fmt.Errorf("changing the master key in %s: %w", h.where(), err)
	}
	h.held, h.sealed = keys, sealed
	return nil
}

// withKey returns keys with key in front, unless it is among them.
func withKey(keys []crypto.MasterKey, key crypto.MasterKey) []crypto.MasterKey {
	if slices.Contains(keys, key) {
		return keys
	}
	return slices.Insert(slices.Clone(keys), 0, key)
}

func withoutKey(keys []crypto.MasterKey, key crypto.MasterKey) []crypto.MasterKey {
	return slices.DeleteFunc(slices.Clone(keys), func(k crypto.MasterKey) bool { return k == key })
}

package main

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"time"

	"example.org/secret/crypto"
	"example.org/secret/crypto/session"
	"example.org/secret/vault"

	"github.com/spf13/cobra"
)

func newKeyRotateCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "rotate",
		Short: "Replace the master key and seal everything again",
		Long: `Replace the vault's master key by a new one, and seal every secret again. Do this
when somebody may have got hold of the key, or no longer may have it. It does not
take back what they have read or copied: the values need new ones as well (secret
rotate, secret set).

Each way to unlock the vault stays, and gets the new key: the keyring's entry and
the key file in use are changed in place, passphrases are asked for and stay the
same. An identity, and a way that cannot be reached here, has to be taken away
first (secret key remove) and added again afterwards. Copies of the key file
elsewhere, and backups of the vault, are yours to replace.

In a key file the old key stays as a comment: it opens older copies of the vault,
and other vaults that were made with the same key.

It can be interrupted at any time. The vault works before and after, and running
the command again goes on from there.`,
		Example: `  secret key rotate
  secret --key-file ~/usb/secret.key key rotate`,
		Args: noArgs,
		RunE: func(*cobra.Command, []string) error { return a.runKeyRotate() },
	}
}

func (a *app) runKeyRotate() error {
	r, err := a.newKeyRotation()
	if err != nil {
		return err
	}
	if r.header.Replaced != "" {
		if err := r.clear(r.header, r.key); err != nil {
			return err
		}
		fmt.Fprintln(a.stderr, "Finished the replacement of the master key that was begun earlier. To replace it once more, run this again.")
		return nil
	}
	sealed, err := r.replace()
	if err != nil {
		return err
	}
	a.sayf("Replaced the master key and sealed %s again.\n", plural(sealed, "secret"))
	a.warnf("copies of the vault made before (backups, git's history) still open with the old key, and key files elsewhere have to be replaced by the new one")
	return nil
}

var errNotCleared = errors.New("the old master key is not cleared away")

// keyRotation is a master key about to be replaced.
type keyRotation struct {
	*keySearch
	key     *crypto.VaultKey
	holders []*keyHolder
}

func (a *app) newKeyRotation() (*keyRotation, error) {
	var r keyRotation
	var err error
	_, r.key, err = a.unlock(func(header *vault.Header) (*crypto.VaultKey, error) {
		r.keySearch = &keySearch{app: a, header: header, keyringGet: a.keyring.Get}
		return r.find()
	})
	if err != nil {
		return nil, err
	}
	if r.credential != "" {
		return nil, noKeyf("the master key comes from %s, where it cannot be replaced; name the file that it is made of with --key-file, and renew the credential afterwards", r.credential)
	}
	r.holders, err = r.findHolders()
	return &r, err
}

// replace puts a new master key into effect, or the one of an earlier attempt.
func (r *keyRotation) replace() (sealed int, err error) {
	next, err := r.next()
	if err != nil {
		return 0, err
	}
	v, err := r.openWith(r.header, r.key)
	if err != nil {
		return 0, err
	}
	places := r.places(func(text string) (string, error) {
		return withKey(text, r.key.MasterKey(), next.MasterKey())
	})
	sealed, err = v.ReplaceKey(next, places, func(done, total int) { r.sayf("\r\x1b[K%d of %d", done, total) })
	r.sayf("\r\x1b[K")
	if err != nil {
		return 0, err
	}
	header, err := vault.ReadHeader(r.header.Dir)
	if err != nil {
		return 0, err
	}
	return sealed, r.clear(header, next)
}

// clear takes the old master key away, once the one of header is in effect.
func (r *keyRotation) clear(header *vault.Header, key *crypto.VaultKey) error {
	// A session has the old key, if any.
	_ = session.Close(header.ID)
	v, err := r.openWith(header, key)
	if err != nil {
		return err
	}
	old, err := r.held(header.Replaced)
	if err != nil {
		return err
	}
	err = v.ClearReplaced(r.places(func(text string) (string, error) {
		if old != nil {
			text = r.retire(text, old.MasterKey())
		}
		return text, nil
	}))
	if err != nil {
		// Not wrapped: hints that nothing was changed would be wrong.
		return vault.Errorf(errNotCleared, "the new master key is in effect, but the old one is not cleared away yet (run secret key rotate again): %v", err)
	}
	return nil
}

// next is the new key: that of an attempt which was interrupted, or a fresh one.
func (r *keyRotation) next() (*crypto.VaultKey, error) {
	if r.header.Next != "" {
		if key, err := r.held(r.header.Next); key != nil || err != nil {
			return key, err
		}
	}
	master, err := crypto.GenerateMasterKey()
	if err != nil {
		return nil, err
	}
	return crypto.DeriveVaultKey(master, r.header.ID, r.rand)
}

// held returns the key of the given check value if one of the holders has it.
func (r *keyRotation) held(check string) (*crypto.VaultKey, error) {
	for _, holder := range r.holders {
		keys, err := crypto.ParseMasterKeys(holder.text)
		if err != nil {
			return nil, err
		}
		if key, err := r.pick(keys, check); key != nil || err != nil {
			return key, err
		}
	}
	return nil, nil
}

// places are the holders, each of which is about to hold what edit makes of its text.
func (r *keyRotation) places(edit func(text string) (string, error)) vault.KeyPlaces {
	ways := vault.SealedKeys{}
	for _, holder := range r.holders {
		if r.header.Has(holder.way) {
			ways[holder.way] = holder.sealed
		}
	}
	return vault.KeyPlaces{Ways: ways, Change: func() (vault.SealedKeys, error) {
		changed := vault.SealedKeys{}
		for _, holder := range r.holders {
			if err := holder.change(edit); err != nil {
				return nil, fmt.Errorf("changing the master key in %s: %w", holder.where, err)
			}
			if !bytes.Equal(holder.sealed, ways[holder.way]) {
				changed[holder.way] = holder.sealed
			}
		}
		return changed, nil
	}}
}

// withKey puts next before old in an identity file.
func withKey(text string, old, next crypto.MasterKey) (string, error) {
	switch {
	case !strings.Contains(text, old.Reveal()):
		return "", errors.New("it was changed meanwhile and lacks the key of this vault")
	case strings.Contains(text, next.Reveal()):
		return text, nil
	}
	return strings.Replace(text, old.Reveal(), next.Reveal()+"\n"+old.Reveal(), 1), nil
}

// retiredMark begins the comment that a replaced key becomes.
const retiredMark = "# replaced "

// retire leaves a key in an identity file as a comment. Nothing opens with it, but
// it is not lost for other vaults that may have been made with it, nor for old
// copies of this one.
func (r *keyRotation) retire(text string, key crypto.MasterKey) string {
	var retired strings.Builder
	for line := range strings.Lines(text) {
		if strings.TrimSpace(line) == key.Reveal() {
			line = retiredMark + r.now().UTC().Format(time.DateOnly) + ": " + key.Reveal() + "\n"
		}
		retired.WriteString(line)
	}
	return retired.String()
}

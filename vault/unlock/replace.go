package unlock

import (
	"errors"
	"fmt"
	"slices"

	"example.org/secret/crypto"
	"example.org/secret/vault"
)

// keyHolder is a place that holds the master key of the vault, and two of them while one replaces the other.
type keyHolder interface {
	vault.KeyHolder
	keys() ([]crypto.MasterKey, error)
	where() string // for an error
}

// replacer is a source whose keys can be replaced.
type replacer interface {
	// holder returns the place of an unlocker, nil if it is not one of this source, or an error that says why its key
	// cannot be replaced. It must make sure that a change is going to succeed.
	holder(f *Finder, unlocker vault.Unlocker) (keyHolder, error)
}

// Replaced is the outcome of [Finder.ReplaceKey].
type Replaced struct {
	Secrets int // the number of secrets that are sealed again
	// Earlier is true if ReplaceKey only finished an earlier replacement that had been interrupted.
	Earlier bool
}

// ReplaceKey gives the vault another master key, in all places that hold it. Each of them must be within reach:
// otherwise an unlocker would be left with the old key, and ReplaceKey changes nothing and returns [vault.ErrNoKey].
//
// ReplaceKey may be interrupted at any time. The vault opens before and after, and the next call continues.
func (f *Finder) ReplaceKey(options vault.Options, progress func(done, total int)) (Replaced, error) {
	key, err := f.Find()
	if err != nil {
		return Replaced{}, err
	}
	if f.credential != "" {
		return Replaced{}, noKeyf("the master key comes from %s, where it cannot be replaced; name the file that it is "+
			"made of with --key-file, and renew the credential afterwards", f.credential)
	}
	r := replacement{f, options, nil}
	if r.holders, err = f.holders(); err != nil {
		return Replaced{}, err
	}
	if f.Header.Replaced != "" {
		return Replaced{Earlier: true}, r.clear(f.Header, key)
	}
	if err := f.checkUnnamed(); err != nil {
		return Replaced{}, err
	}
	next, err := r.next()
	if err != nil {
		return Replaced{}, err
	}
	secrets, err := r.replace(key, next, progress)
	return Replaced{Secrets: secrets}, err
}

// checkUnnamed refuses to leave a sealed key behind that would not open the vault any more.
func (f *Finder) checkUnnamed() error {
	for _, unlocker := range f.Header.Unnamed() {
		return vault.Errorf(vault.ErrDamaged,
			"nothing was changed, since the vault holds a key sealed for the %s that vault.yaml does not name: it may have "+
				"been tampered with; "+
				"keep that unlocker with secret key add %s, or give it up with secret key remove %s", unlocker, unlocker, unlocker)
	}
	return nil
}

// holders returns the places of all unlockers of the vault, and of the key file in use even if it is none of them.
func (f *Finder) holders() ([]keyHolder, error) {
	unlockers := f.Header.Unlock
	if f.keyFile != "" && !f.Header.Has(vault.KeyFile) {
		unlockers = slices.Insert(slices.Clone(unlockers), 0, vault.KeyFile)
	}
	var holders []keyHolder
	for _, unlocker := range unlockers {
		holder, err := f.holderOf(unlocker)
		switch {
		case err == nil:
			holders = append(holders, holder)
		case isFailure(err):
			return nil, fmt.Errorf("the %s cannot get a new key: %w", unlocker, err)
		case errors.Is(err, vault.ErrDamaged), errors.As(err, new(askError)):
			return nil, err
		case !f.Header.Has(unlocker):
			return nil, noKeyf("nothing was changed, since %s cannot get the new key: %v; name a copy of the key that can "+
				"be changed with --key-file", f.keyFile, err)
		default:
			return nil, noKeyf("nothing was changed, since the %s cannot get the new key: %v; remove it first with secret "+
				"key remove %s, and add it again afterwards",
				unlocker, err, unlocker)
		}
	}
	return holders, nil
}

// holderOf returns the place of one unlocker, which holds the key of this vault.
func (f *Finder) holderOf(unlocker vault.Unlocker) (keyHolder, error) {
	for _, source := range f.Sources {
		replacer, ok := source.(replacer)
		if !ok {
			continue
		}
		holder, err := replacer.holder(f, unlocker)
		if err != nil {
			return nil, err
		}
		if holder == nil {
			continue
		}
		keys, err := holder.keys()
		if err == nil {
			_, err = f.fitKeys(keys, holder.where())
		}
		if err != nil {
			return nil, err
		}
		return holder, nil
	}
	return nil, errors.New("this program does not know it")
}

var errNotCleared = errors.New("the old master key is not cleared away")

// replacement is a master key about to be replaced.
type replacement struct {
	finder  *Finder
	options vault.Options
	holders []keyHolder
}

// replace puts the next key into effect.
func (r *replacement) replace(key, next *crypto.VaultKey, progress func(done, total int)) (secrets int, err error) {
	v, err := vault.Open(r.finder.Header, key, r.options)
	if err != nil {
		return 0, err
	}
	secrets, err = v.ReplaceKey(next, r.vaultHolders(), progress)
	if err != nil {
		return 0, err
	}
	header, err := vault.ReadHeader(r.finder.Header.Dir)
	if err != nil {
		return 0, err
	}
	return secrets, r.clear(header, next)
}

// clear removes the old master key, once key is in effect.
func (r *replacement) clear(header *vault.Header, key *crypto.VaultKey) error {
	if session, ok := sourceOf[Session](r.finder); ok {
		_ = session.Store.Close(header.ID) // it would hold the old key
	}
	v, err := vault.Open(header, key, r.options)
	if err != nil {
		return err
	}
	old, err := r.held(header.Replaced)
	if err != nil {
		return err
	}
	if err := v.ClearReplaced(old, r.vaultHolders()); err != nil {
		// The cause is not wrapped: callers would say that nothing was changed.
		return vault.Errorf(errNotCleared, "the new master key is in effect, but the old one is not cleared away yet "+
			"(run secret key rotate again): %v", err)
	}
	return nil
}

// next returns the key of an attempt that was interrupted, or a fresh one.
func (r *replacement) next() (*crypto.VaultKey, error) {
	if check := r.finder.Header.Next; check != "" {
		if key, err := r.held(check); key != nil || err != nil {
			return key, err
		}
	}
	master, err := crypto.GenerateMasterKey()
	if err != nil {
		return nil, err
	}
	return crypto.DeriveVaultKey(master, r.finder.Header.ID, r.finder.Rand)
}

// held returns the key of the given check value, or nil if no holder has it.
func (r *replacement) held(check string) (*crypto.VaultKey, error) {
	for _, holder := range r.holders {
		keys, err := holder.keys()
		if err != nil {
			return nil, err
		}
		if key, err := r.finder.keyOf(keys, check); key != nil || err != nil {
			return key, err
		}
	}
	return nil, nil
}

func (r *replacement) vaultHolders() []vault.KeyHolder {
	holders := make([]vault.KeyHolder, len(r.holders))
	for i, holder := range r.holders {
		holders[i] = holder
	}
	return holders
}

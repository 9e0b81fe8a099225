package unlock

import (
	"errors"
	"io"
	"strings"
	"time"

	"example.org/secret/crypto"
	"example.org/secret/vault"
)

// Finder finds the master key of a vault.
type Finder struct {
	// Header is the vault's. If another process replaces the master key meanwhile, Find reads it again.
	Header  *vault.Header
	Sources []Source // in the order in which they are tried
	Rand    io.Reader
	Now     func() time.Time  // used by ReplaceKey only
	Timeout time.Duration     // how long ReplaceKey waits for another writer of the key file
	Warn    func(text string) // tells the user of an attempt that failed

	looked []string // where there was no key, and why
	advice absent   // how to go on
	// Where the key was found, if it was there.
	keyFile, credential string
}

// Source is a place where a master key may be.
type Source interface {
	// find returns the key of the vault, or an [absent] if the source has no key at all.
	find(*Finder) (*crypto.VaultKey, error)
}

// absent is the error of a source that has no key.
type absent struct {
	reason string // empty if the source does not apply to the vault
	advice string // how to go on, if no other source has a key
	urgent bool   // the advice of later sources does not replace this one
}

func (a absent) Error() string { return a.reason }

// Find returns the key of the vault. Its errors are [vault.ErrNoKey], errors of reading the vault, and those of the
// functions by which sources ask the user.
func (f *Finder) Find() (*crypto.VaultKey, error) {
	key, err := f.search()
	if err == nil {
		return key, nil
	}
	// Another process may have replaced the master key: the places hold the new one by now.
	again, readErr := vault.ReadHeader(f.Header.Dir)
	if readErr != nil || again.Check == f.Header.Check {
		return nil, err
	}
	f.Header = again
	return f.search()
}

func (f *Finder) search() (*crypto.VaultKey, error) {
	f.looked, f.advice, f.keyFile, f.credential = nil, absent{}, "", ""
	var refused error
	for _, source := range f.Sources {
		if _, asks := source.(Passphrase); refused != nil && !asks {
			continue
		}
		key, err := source.find(f)
		missing, isAbsent := errors.AsType[absent](err)
		switch {
		case err == nil:
			return key, nil
		case isAbsent:
			f.note(missing)
		case errors.Is(err, vault.ErrNoKey), errors.Is(err, vault.ErrDamaged):
			refused = err
			f.note(absent{reason: err.Error()})
		default:
			return nil, err
		}
	}
	if refused != nil {
		return nil, refused
	}
	return nil, f.notFound()
}

func (f *Finder) note(missing absent) {
	if missing.reason != "" {
		f.looked = append(f.looked, missing.reason)
	}
	if missing.advice != "" && !f.advice.urgent {
		f.advice = missing
	}
}

func (f *Finder) notFound() error {
	advice := f.advice.advice
	if advice == "" {
		advice = "give the key with --key-file"
	}
	return noKeyf("no master key for %s: %s; %s", f.vault(), strings.Join(f.looked, "; "), advice)
}

// vault names the vault in an error.
func (f *Finder) vault() string { return "the vault " + f.Header.Dir + " (id " + f.Header.ID + ")" }

// fit returns the vault's key if text holds it.
func (f *Finder) fit(text, source string) (*crypto.VaultKey, error) {
	keys, err := crypto.ParseMasterKeys(text)
	if err != nil {
		return nil, noKeyf("%s is %v; give the key of %s with --key-file", source, err, f.vault())
	}
	return f.fitKeys(keys, source)
}

// fitKeys returns the vault's key if it is one of keys. While a master key is replaced, the other one is beside it.
func (f *Finder) fitKeys(keys []crypto.MasterKey, source string) (*crypto.VaultKey, error) {
	key, err := f.keyOf(keys, f.Header.Check)
	if key == nil && err == nil {
		err = noKeyf("%s holds the key of another vault than %s (id %s), or one that was replaced; give the right one "+
			"with --key-file",
			source, f.Header.Dir, f.Header.ID)
	}
	return key, err
}

// keyOf returns the one of keys that has the given check value, or nil.
func (f *Finder) keyOf(keys []crypto.MasterKey, check string) (*crypto.VaultKey, error) {
	for _, master := range keys {
		key, err := crypto.DeriveVaultKey(master, f.Header.ID, f.Rand)
		if err != nil {
			return nil, err
		}
		if key.Check() == check {
			return key, nil
		}
	}
	return nil, nil
}

// sourceOf returns the finder's source of the type T.
func sourceOf[T Source](f *Finder) (source T, ok bool) {
	for _, s := range f.Sources {
		if source, ok := s.(T); ok {
			return source, true
		}
	}
	return source, false
}

func noKeyf(format string, args ...any) error { return vault.Errorf(vault.ErrNoKey, format, args...) }

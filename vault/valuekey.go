package vault

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"example.org/secret/crypto"
)

const (
	keysDir               = "keys"
	maxKeyFileSize        = 64 << 10
	maxValueKeyNameLength = 64
)

// MasterKeyName is the name of the vault's own key where a user chooses a value key. No value key has it.
const MasterKeyName = "master"

// The two things that a key file holds under the vault's key.
const (
	ageFileStart    = "age-encryption.org/"
	scryptFileStart = ageFileStart + "v1\n-> scrypt "
)

// ValueKey is a value key, to which the values of secrets can be sealed.
type ValueKey struct {
	Name string
	// Passphrase tells that the master key does not open it: it takes a passphrase
	// of its own as well.
	Passphrase bool
}

// CheckValueKeyName checks the name of a value key: 1 to 64 of a-z 0-9 -, the first
// one a letter, since it is the name of a file too. The error is [ErrInvalid].
func CheckValueKeyName(name string) error {
	switch {
	case name == MasterKeyName:
		return Errorf(ErrInvalid, "%q is the name of the vault's own key; choose another", name)
	case !isValueKeyName(name):
		return Errorf(ErrInvalid, "%.70q is not the name of a key; use 1 to %d of a-z 0-9 -, a letter first", name,
			maxValueKeyNameLength)
	}
	return nil
}

func isValueKeyName(s string) bool {
	return len(s) > 0 && len(s) <= maxValueKeyNameLength && s[0] >= 'a' && s[0] <= 'z' &&
		strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789-") == "" && s != MasterKeyName
}

// ValueKeyNames lists the value keys of a vault, which takes no key.
func (h *Header) ValueKeyNames() ([]string, error) {
	return listKeyFiles(keysFolder(h.Dir, h.generation()))
}

// listKeyFiles returns the names of the value keys in a directory, which may be
// missing.
func listKeyFiles(dir string) ([]string, error) {
	if err := notElsewhere(dir); err != nil {
		return nil, err
	}
	entries, err := os.ReadDir(dir)
	if err != nil && !isNotExist(err) {
		return nil, fmt.Errorf("listing the keys: %w", err)
	}
	var names []string
	for _, entry := range entries {
		if name, ok := strings.CutSuffix(entry.Name(), extension); ok && isValueKeyName(name) {
			names = append(names, name)
		}
	}
	return names, nil
}

// ValueKey returns one value key. The error is [ErrNoSuchValueKey], [ErrDamaged] or
// [ErrNewerFormat].
func (v *Vault) ValueKey(name string) (ValueKey, error) {
	if err := CheckValueKeyName(name); err != nil {
		return ValueKey{}, err
	}
	file, err := v.readKeyFile(name)
	if err != nil {
		return ValueKey{}, err
	}
	_, content, err := v.openKeyFile(name, file)
	return ValueKey{name, content != nil}, err
}

// NewValueKey makes a value key. It opens with the vault's key, unless seal seals it
// once more, to a passphrase. The error is [ErrInvalid] or [ErrExists].
func (v *Vault) NewValueKey(name string, seal func(crypto.MasterKey) ([]byte, error)) error {
	if err := CheckValueKeyName(name); err != nil {
		return err
	}
	if err := v.noKeyYet(name); err != nil { // before a passphrase is asked for
		return err
	}
	key, err := crypto.GenerateMasterKey()
	if err != nil {
		return err
	}
	content := []byte(key.Reveal() + "\n")
	if seal != nil {
		if content, err = seal(key); err != nil {
			return err
		}
	}
	sealed, err := v.key.Seal(keyFileID(name), content)
	if err != nil {
		return err
	}
	unlock, err := v.writing()
	if err != nil {
		return err
	}
	defer unlock()
	if err := v.noKeyYet(name); err != nil {
		return err
	}
	if err = makeDir(v.keys()); err == nil {
		err = writeFile(v.keys(), name+extension, sealed)
	}
	if err != nil {
		return fmt.Errorf("making the key %q: %w", name, err)
	}
	return nil
}

func (v *Vault) noKeyYet(name string) error {
	if _, err := os.Lstat(v.keyPath(name)); isNotExist(err) {
		return nil
	} else if err != nil {
		return err
	}
	return Errorf(ErrExists, "there is a key named %q already", name)
}

// ValueKeyUsers counts the secrets under a value key, those that can still be
// restored among them. A file that cannot be read might be one: it is an error.
func (v *Vault) ValueKeyUsers(name string) (int, error) {
	ids, _, err := v.listIDs()
	if err != nil {
		return 0, fmt.Errorf("listing the vault: %w", err)
	}
	users := 0
	for _, id := range ids {
		// Not from the list cache, which must not decide anything.
		s, err := v.read(id)
		if isNotExist(err) {
			continue
		}
		if err != nil {
			return 0, err
		}
		if s.Key == name && !s.Deletion.over(v.now()) {
			users++
		}
	}
	return users, nil
}

// DeleteValueKey removes a value key for good. Values that are sealed to it in copies of
// the vault cannot be read after that; while a secret is under it the error is
// [ErrInvalid].
func (v *Vault) DeleteValueKey(name string) error {
	if err := CheckValueKeyName(name); err != nil {
		return err
	}
	unlock, err := v.writing()
	if err != nil {
		return err
	}
	defer unlock()
	users, err := v.ValueKeyUsers(name)
	if err != nil {
		return err
	}
	if users > 0 {
		return Errorf(ErrInvalid, "the key %q is used by %d of the secrets, whose values would be lost", name, users)
	}
	if err := notElsewhere(v.keys()); err != nil {
		return err
	}
	if err := removeFile(v.keys(), name+extension); isNotExist(err) {
		return noSuchKey(name)
	} else if err != nil {
		return fmt.Errorf("deleting the key %q: %w", name, err)
	}
	return nil
}

func (v *Vault) keys() string { return keysFolder(v.dir, v.generation) }

func keysFolder(dir, generation string) string { return filepath.Join(dir, keysDir+generation) }

func (v *Vault) keyPath(name string) string { return filepath.Join(v.keys(), name+extension) }

func (v *Vault) readKeyFile(name string) ([]byte, error) {
	if err := notElsewhere(v.keys()); err != nil {
		return nil, err
	}
	file, err := readFile(v.keyPath(name), maxKeyFileSize)
	if isNotExist(err) {
		return nil, noSuchKey(name)
	}
	return file, err
}

func noSuchKey(name string) error {
	return Errorf(ErrNoSuchValueKey, "there is no key named %q", name)
}

// openKeyFile opens a key file with the vault's key: to the value key, or to an
// age file that takes a passphrase.
func (v *Vault) openKeyFile(name string, file []byte) (key crypto.MasterKey, behindPassphrase []byte, err error) {
	content, err := v.key.Open(keyFileID(name), file)
	switch {
	case err != nil:
	case bytes.HasPrefix(content, []byte(scryptFileStart)):
		return crypto.MasterKey{}, content, nil
	case bytes.HasPrefix(content, []byte(ageFileStart)):
		return crypto.MasterKey{}, nil,
			Errorf(ErrNewerFormat, "the key %q is sealed in a way that takes a newer version of this program", name)
	default:
		if key, err = crypto.ParseMasterKey(string(content)); err == nil {
			return key, nil, nil
		}
	}
	return crypto.MasterKey{}, nil,
		Errorf(ErrDamaged, "%s was damaged, or written without the key; bring it back from a copy of the vault",
			v.keyPath(name))
}

// keyFileID takes the place of a file id, none of which looks like it: a key file
// opens under its own name only.
func keyFileID(name string) string { return keysDir + "/" + name }

// sealKeysAgain has after hold just the value keys of v, durably.
func (v *Vault) sealKeysAgain(after *Vault) error {
	names, err := listKeyFiles(v.keys())
	if err != nil {
		return err
	}
	earlier, err := listKeyFiles(after.keys())
	if err != nil {
		return err
	}
	for _, name := range names {
		file, err := v.readKeyFile(name)
		if err != nil {
			return err
		}
		sealed, err := resealKeyFile(name, file, v.key, after.key)
		if err != nil {
			return err
		}
		if err := makeDir(after.keys()); err != nil {
			return err
		}
		if err := writeFile(after.keys(), name+extension, sealed); err != nil {
			return err
		}
	}
	for _, name := range earlier {
		if slices.Contains(names, name) {
			continue
		}
		if err := removeFile(after.keys(), name+extension); err != nil {
			return err
		}
	}
	return nil
}

// damagedKeyFiles returns the files of value keys that cannot be sealed again.
func (v *Vault) damagedKeyFiles() ([]string, error) {
	names, err := listKeyFiles(v.keys())
	if err != nil {
		return nil, err
	}
	var damaged []string
	for _, name := range names {
		file, err := v.readKeyFile(name)
		if err == nil {
			_, err = v.key.Open(keyFileID(name), file)
		}
		if errors.Is(err, ErrDamaged) {
			damaged = append(damaged, v.keyPath(name))
		} else if err != nil {
			return nil, err
		}
	}
	return damaged, nil
}

// resealKeyFile makes the key file name of one vault key that of another. The
// value key, and all that is sealed to it, stay: they derive from the vault's
// id and not from its master key.
func resealKeyFile(name string, file []byte, from, to *crypto.VaultKey) ([]byte, error) {
	content, err := from.Open(keyFileID(name), file)
	if err != nil {
		return nil, fmt.Errorf("the key %q: %w", name, err)
	}
	return to.Seal(keyFileID(name), content)
}

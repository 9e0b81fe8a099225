package unlock

import (
	"errors"
	"os"
	"slices"
	"strings"

	"example.org/secret/crypto"
	"example.org/secret/vault"
	"example.org/secret/vault/durable"
)

// Identity is an SSH key or a file of age identities, such as those of a YubiKey or a TPM. The program age uses it: age
// knows all kinds, asks for their PINs and passphrases at the terminal, and would make this program an eighth larger if
// it were part of it.
//
// A finder uses the file that [KeyFile] names, or one of SSHKeys.
type Identity struct {
	Path    string   // of the file, to be added to a vault
	SSHKeys []string // paths of the keys that ssh uses by itself, which need not exist
	Age     Age
	// Unattended keeps a plugin of age, which may ask for a PIN or a touch, from being used.
	Unattended bool
}

// Age runs the program age with the identities in the file at path. It encrypts or decrypts the input, and returns
// [vault.ErrNoKey] if age fails.
type Age func(action AgeAction, path string, input []byte) ([]byte, error)

// AgeAction is the flag for encryption or decryption.
type AgeAction string

// The actions of age.
const (
	Encrypt AgeAction = "--encrypt"
	Decrypt AgeAction = "--decrypt"
)

// find tries the keys of ssh. Those that the vault is not sealed to ask for nothing.
func (i Identity) find(f *Finder) (*crypto.VaultKey, error) {
	if !f.Header.Has(vault.Identity) {
		return nil, absent{}
	}
	for _, path := range i.SSHKeys {
		if _, err := os.Lstat(path); err != nil {
			continue
		}
		text, err := readKeyFile(path, durable.CheckPrivate)
		var key *crypto.VaultKey
		if err == nil {
			key, err = i.open(f, path, text)
		}
		missing, isAbsent := errors.AsType[absent](err)
		switch {
		case err == nil:
			return key, nil
		case isAbsent:
			f.note(missing)
		case errors.Is(err, vault.ErrNoKey):
			f.note(absent{reason: err.Error()})
		default:
			return nil, err
		}
	}
	return nil, absent{advice: "name the SSH key or age identity file with --key-file"}
}

// openIdentityFile opens the vault with the file that the user names, which does not hold its master key: refusal says
// so. A session goes before an identity, since it was opened to spare the user a PIN.
func (f *Finder) openIdentityFile(path, text string, refusal error) (*crypto.VaultKey, error) {
	identity, ok := sourceOf[Identity](f)
	if !ok {
		return nil, refusal
	}
	if _, err := crypto.ParseMasterKeys(text); err == nil {
		key, err := identity.open(f, path, text)
		if errors.Is(err, vault.ErrNoKey) {
			return nil, refusal // most likely the key of another vault
		}
		return key, err
	}
	if session, ok := sourceOf[Session](f); ok {
		key, err := session.find(f)
		missing, isAbsent := errors.AsType[absent](err)
		if !isAbsent {
			return key, err
		}
		f.note(missing)
	}
	return identity.open(f, path, text)
}

func (i Identity) open(f *Finder, path, text string) (*crypto.VaultKey, error) {
	if i.Unattended && strings.Contains(text, "AGE-PLUGIN-") {
		return nil, absent{reason: path + " may ask for a PIN or a touch"}
	}
	sealed, err := f.Header.ReadSealedKey(vault.Identity)
	if err != nil {
		return nil, err
	}
	opened, err := i.Age(Decrypt, path, sealed)
	if err != nil {
		return nil, err
	}
	return f.fit(string(opened), "the vault's sealed master key")
}

// isIdentity guesses whether a file that holds no master key is one that age -i takes.
func isIdentity(text string) bool {
	return slices.ContainsFunc([]string{"-----BEGIN ", "age-encryption.org/", "AGE-PLUGIN-", "AGE-SECRET-KEY-1"},
		func(mark string) bool { return strings.Contains(text, mark) })
}

func (Identity) kind() vault.Unlocker { return vault.Identity }

// prepare seals the master key to the identity, and proves that it opens it again.
func (i Identity) prepare(_ string, master crypto.MasterKey) (keep, error) {
	if strings.HasSuffix(i.Path, ".pub") {
		return nil, vault.Errorf(vault.ErrInvalid, "%s is a public key; name the private one, which stays where it "+
			"is", i.Path)
	}
	if _, err := readKeyFile(i.Path, durable.CheckPrivate); err != nil {
		return nil, err
	}
	sealed, err := i.Age(Encrypt, i.Path, []byte(master.Reveal()+"\n"))
	if err != nil {
		return nil, err
	}
	opened, err := i.Age(Decrypt, i.Path, sealed)
	if err != nil {
		return nil, err
	}
	if proved, err := crypto.ParseMasterKey(string(opened)); err != nil || proved != master {
		return nil, noKeyf("%s does not open the key that age sealed to it; nothing was changed", i.Path)
	}
	return func() ([]byte, error) { return sealed, nil }, nil
}

func (Identity) undo(string) error { return nil }

func (Identity) holder(_ *Finder, unlocker vault.Unlocker) (keyHolder, error) {
	if unlocker != vault.Identity {
		return nil, nil
	}
	return nil, errors.New("a new key is not sealed to identities")
}

package crypto_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"testing"

	"example.org/secret/crypto"

	"filippo.io/age"
)

const lowWork = 4

func sealed(t testing.TB, passphrase string, work int) []byte {
	t.Helper()
	master, err := crypto.ParseMasterKey(testMaster)
	if err != nil {
		t.Fatal(err)
	}
	data, err := crypto.SealWithPassphrase(passphrase, work, master)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestPassphrase(t *testing.T) {
	for _, passphrase := range []string{"correct horse battery staple", " ", "pässwörd", "a\nb", "\xff\x00"} {
		data := sealed(t, passphrase, lowWork)
		master, err := crypto.OpenWithPassphrase(data, passphrase)
		if err != nil || master.Reveal() != testMaster {
			t.Errorf("%q: %v", passphrase, err)
		}
		for _, wrong := range []string{"", passphrase + " ", "other"} {
			if _, err := crypto.OpenWithPassphrase(data, wrong); !errors.Is(err, crypto.ErrWrongPassphrase) {
				t.Errorf("%q for %q: %v", wrong, passphrase, err)
			}
		}
	}
}

func TestEmptyPassphraseIsRefused(t *testing.T) {
	master, err := crypto.ParseMasterKey(testMaster)
	if err != nil {
		t.Fatal(err)
	}
	if data, err := crypto.SealWithPassphrase("", lowWork, master); err == nil {
		t.Errorf("sealed to nothing: %q", data)
	}
}

// Stock age opens the result: age -d decrypts it, and age -i takes the output.
func TestPassphraseWithStockAge(t *testing.T) {
	identity, err := age.NewScryptIdentity("words")
	if err != nil {
		t.Fatal(err)
	}
	r, err := age.Decrypt(bytes.NewReader(sealed(t, "words", lowWork)), identity)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	identities, err := age.ParseIdentities(bytes.NewReader(text))
	if err != nil || len(identities) != 1 {
		t.Errorf("%d identities, %v", len(identities), err)
	}
}

// Whatever byte is changed, and wherever the file ends: the key or an error of
// the two that are documented, never another key.
func TestDamagedPassphraseFile(t *testing.T) {
	data := sealed(t, "words", 1)
	check := func(what string, damaged []byte) {
		master, err := crypto.OpenWithPassphrase(damaged, "words")
		if !errors.Is(err, crypto.ErrDamaged) && !errors.Is(err, crypto.ErrWrongPassphrase) ||
			master != (crypto.MasterKey{}) {
			t.Errorf("%s: %v, %v", what, master, err)
		}
	}
	for i := range data {
		damaged := bytes.Clone(data)
		damaged[i] ^= 0x01
		// A digit of the work factor may ask for the seconds that it takes.
		if data[i] < '0' || data[i] > '9' || !bytes.HasPrefix(data[i+1:], []byte("\n")) {
			check(fmt.Sprintf("byte %d changed", i), damaged)
		}
		check(fmt.Sprintf("cut at %d", i), data[:i])
	}
}

// A file from elsewhere must not keep the machine busy for hours.
func TestPassphraseWorkIsBounded(t *testing.T) {
	data := bytes.Replace(sealed(t, "words", 2), []byte(" 2\n"), []byte(" 30\n"), 1)
	if _, err := crypto.OpenWithPassphrase(data, "words"); !errors.Is(err, crypto.ErrDamaged) {
		t.Errorf("work factor 30: %v", err)
	}
}

// A file that is sealed to the right passphrase and holds no key.
func TestPassphraseFileWithoutAKey(t *testing.T) {
	recipient, err := age.NewScryptRecipient("words")
	if err != nil {
		t.Fatal(err)
	}
	recipient.SetWorkFactor(lowWork)
	var data bytes.Buffer
	w, err := age.Encrypt(&data, recipient)
	if err != nil {
		t.Fatal(err)
	}
	io.WriteString(w, "not a key\n")
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := crypto.OpenWithPassphrase(data.Bytes(), "words"); !errors.Is(err, crypto.ErrDamaged) {
		t.Error(err)
	}
}

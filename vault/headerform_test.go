package vault_test

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"example.org/secret/crypto"
	"example.org/secret/vault"
)

// The header is YAML for people, and lines of one spelling for programs.
func TestHeaderInAnotherForm(t *testing.T) {
	const id = "d2719a2e-9d4f-4b51-8f4e-0c7d0f6a3c11"
	dir := filepath.Join(t.TempDir(), "vault")
	master, err := crypto.GenerateMasterKey()
	if err != nil {
		t.Fatal(err)
	}
	key, err := crypto.DeriveVaultKey(master, id, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	options := vault.Options{Now: time.Now, Rand: rand.Reader, LockTimeout: time.Minute}
	ways := vault.SealedKeys{vault.KeyFile: nil, vault.Passphrase: []byte("sealed")}
	if _, err := vault.Create(dir, id, key, ways, options); err != nil {
		t.Fatal(err)
	}
	want, err := vault.ReadHeader(dir)
	if err != nil {
		t.Fatal(err)
	}
	if want.ID != id || want.Check != key.Check() || want.Format != 1 || want.Created.IsZero() ||
		!reflect.DeepEqual(want.Unlock, []vault.Unlocker{vault.KeyFile, vault.Passphrase}) {
		t.Fatalf("read %+v", want)
	}
	path := filepath.Join(dir, "vault.yaml")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	body, _, _ := strings.Cut(string(text), "checksum: ")
	withSum := func(body string) []byte {
		sum := sha256.Sum256([]byte(body))
		return []byte(body + "checksum: " + hex.EncodeToString(sum[:]) + "\n")
	}
	// Another order, and members of a later program.
	other := strings.NewReplacer("format: 1\n", "", "check:",
		"format: 1\nlater: member\nlist:\n  - item\ncheck:").Replace(body)
	writeFile(t, path, withSum(other))
	if got, err := vault.ReadHeader(dir); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("read %+v, %v; want %+v from\n%s", got, err, want, other)
	}
	writeFile(t, path, []byte(other+string(text[len(body):])))
	if _, err := vault.ReadHeader(dir); !errors.Is(err, vault.ErrDamaged) {
		t.Errorf("with the checksum of another text: %v", err)
	}
	// The same in other spellings of YAML.
	for _, change := range []*strings.Replacer{
		strings.NewReplacer(id, `"`+id+`" # quoted`),
		strings.NewReplacer("[key-file, passphrase]", `["key-file", 'passphrase']`),
		strings.NewReplacer("[key-file, passphrase]", "\n  - key-file\n  - passphrase"),
	} {
		writeFile(t, path, withSum(change.Replace(body)))
		if h, err := vault.ReadHeader(dir); !errors.Is(err, vault.ErrDamaged) {
			t.Errorf("read %+v, %v from\n%s", h, err, change.Replace(body))
		}
	}
}

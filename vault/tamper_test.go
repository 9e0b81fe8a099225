package vault_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"testing"

	"example.org/secret/crypto"
	"example.org/secret/vault"

	"filippo.io/age"
)

// The door is never locked by us: stock age and the master key open everything.
func TestStockAgeOpensAVault(t *testing.T) {
	v, dir, _ := newVault(t)
	set(t, v, "s", "the value")
	identity, err := age.ParseHybridIdentity(testMaster)
	if err != nil {
		t.Fatal(err)
	}
	r, err := age.Decrypt(bytes.NewReader(readFile(t, pathOf(t, dir, "s"))), identity)
	if err != nil {
		t.Fatal(err)
	}
	document, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(document, []byte(`"name":"s"`)) || !bytes.Contains(document, []byte(`"value":"the value"`)) {
		t.Errorf("%s", document)
	}
	if len(document)%256 != 0 || !bytes.HasSuffix(document, []byte("}\n")) && !bytes.HasSuffix(document, []byte(" \n")) {
		t.Errorf("%d bytes, the last are %q", len(document), document[len(document)-4:])
	}
}

// The files that an attacker without the key can put in a secret's place.
func TestForgedFiles(t *testing.T) {
	v, dir, c := newVault(t)
	set(t, v, "s", "right")
	set(t, v, "other", "wrong")
	path := pathOf(t, dir, "s")

	foreignDir := filepath.Join(t.TempDir(), "vault")
	foreign, err := vault.Create(foreignDir, aUUID, parseKey(t, testMaster, aUUID), vault.SealedKeys{vault.KeyFile: nil},
		options(c))
	if err != nil {
		t.Fatal(err)
	}
	set(t, foreign, "s", "wrong")

	identity, err := age.ParseHybridIdentity(testMaster)
	if err != nil {
		t.Fatal(err)
	}
	right := readFile(t, path)
	for what, data := range map[string][]byte{
		"another secret's file":   readFile(t, pathOf(t, dir, "other")),
		"a file of another vault": readFile(t, pathOf(t, foreignDir, "s")),
		"made with the public recipient": ageEncrypt(t, identity.Recipient(),
			[]byte(`{"name":"s","kind":"plaintext","labels":{"current":1},"versions":[{"number":1,"value":"wrong"}]}`)),
		"empty":            {},
		"not age":          []byte("wrong"),
		"two files in one": append(bytes.Clone(right), right...),
	} {
		t.Run(what, func(t *testing.T) {
			writeFile(t, path, data)
			s, err := v.Get("s")
			if !errors.Is(err, vault.ErrDamaged) || s != nil {
				t.Errorf("%+v, %v", s, err)
			}
			_, err = v.Upsert("s", func(s *vault.Secret) error { return s.Add(text("new")) })
			wantError(t, err, vault.ErrDamaged) // a file that may be worth recovering is not overwritten
			_, err = v.Rename("other", "s")
			wantError(t, err, vault.ErrDamaged)
			listing, err := v.List()
			if err != nil || len(listing.Secrets) != 1 || listing.Secrets[0].Name != "other" || len(listing.Damaged) != 1 ||
				!errors.Is(listing.Damaged[0], vault.ErrDamaged) {
				t.Errorf("List: %+v, %v", listing, err)
			}
			if purged, err := v.Purge(); err != nil || len(purged) != 0 {
				t.Errorf("Purge: %v, %v", purged, err)
			}
			if !bytes.Equal(readFile(t, path), data) {
				t.Error("the file was changed")
			}
		})
	}
	writeFile(t, path, right)
	wantValue(t, v, "s", "right")
}

func ageEncrypt(t testing.TB, to age.Recipient, plaintext []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := age.Encrypt(&out, to)
	if err != nil {
		t.Fatal(err)
	}
	w.Write(plaintext)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// A file that the key's holder wrote for this place, but not as we do.
func TestDocumentsThatAreNotOurs(t *testing.T) {
	v, dir, _ := newVault(t)
	key := parseKey(t, testMaster, testVaultID)
	for what, document := range map[string]string{
		"empty":               "",
		"not JSON":            "s",
		"cut":                 `{"name":"s"`,
		"a list":              `[]`,
		"two documents":       `{"name":"s"} {"name":"s"}`,
		"another name":        `{"name":"other","kind":"plaintext","labels":{"current":1},"versions":[{"number":1,"value":"x"}]}`,
		"no name":             `{}`,
		"a number for a name": `{"name":1}`,
		"no version":          `{"name":"s","kind":"plaintext","versions":[]}`,
		"a number twice":      `{"name":"s","kind":"plaintext","versions":[{"number":1},{"number":1}]}`,
		"numbers backwards":   `{"name":"s","kind":"plaintext","versions":[{"number":2},{"number":1}]}`,
		"number 0":            `{"name":"s","kind":"plaintext","versions":[{"number":0}]}`,
		"bad base64":          `{"name":"s","kind":"plaintext","versions":[{"number":1,"value":{"base64":"!"}}]}`,
	} {
		t.Run(what, func(t *testing.T) {
			sealed, err := key.Seal(key.FileID("s"), []byte(document))
			if err != nil {
				t.Fatal(err)
			}
			writeFile(t, pathOf(t, dir, "s"), sealed)
			s, err := v.Get("s")
			if !errors.Is(err, vault.ErrDamaged) || s != nil {
				t.Errorf("%+v, %v", s, err)
			}
		})
	}
}

func TestWrongKeyIsTold(t *testing.T) {
	_, dir, _ := newVault(t)
	header, err := vault.ReadHeader(dir)
	if err != nil {
		t.Fatal(err)
	}
	master, err := crypto.GenerateMasterKey()
	if err != nil {
		t.Fatal(err)
	}
	if parseKey(t, testMaster, header.ID).Check() != header.Check ||
		parseKey(t, master.Reveal(), header.ID).Check() == header.Check {
		t.Error("the check value does not tell the right key")
	}
}

// Every byte changed in turn and the file cut at every length: an error that
// says so, never another value and never a panic.
func TestEveryByteOfASecret(t *testing.T) {
	v, dir, c := newVault(t)
	set(t, v, "s", "right")
	file := pathOf(t, dir, "s")
	right := readFile(t, file)
	sweep(t, right, func(t *testing.T) (string, func() error) {
		v, dir, _ := newVault(t)
		path := pathOf(t, dir, "s")
		return path, func() error {
			s, err := v.Get("s")
			if s != nil || !errors.Is(err, vault.ErrDamaged) {
				return fmt.Errorf("got %+v, %w", s, err)
			}
			return nil
		}
	})
	wantValue(t, openVault(t, dir, options(c)), "s", "right")
}

func TestEveryByteOfAHeader(t *testing.T) {
	_, dir, _ := newVault(t)
	right := readFile(t, filepath.Join(dir, "vault.yaml"))
	sweep(t, right, func(t *testing.T) (string, func() error) {
		_, dir, _ := newVault(t)
		return filepath.Join(dir, "vault.yaml"), func() error {
			header, err := vault.ReadHeader(dir)
			if header != nil || !errors.Is(err, vault.ErrDamaged) {
				return fmt.Errorf("got %+v, %w", header, err)
			}
			return nil
		}
	})
}

// sweep gives each worker a file of its own to damage, and a check that the
// damage is told.
func sweep(t *testing.T, right []byte, prepare func(*testing.T) (path string, check func() error)) {
	t.Helper()
	// Each bit in turn; in a long run several bits at once as well, and in a short one two bits.
	masks := []byte{0x01, 0x02, 0x04, 0x08, 0x10, 0x20, 0x40, 0x80}
	if testing.Short() {
		masks = []byte{0x01, 0x80}
	}
	for mask := 3; long && mask <= 255; mask += 7 {
		masks = append(masks, byte(mask))
	}
	var workers sync.WaitGroup
	count := runtime.GOMAXPROCS(0)
	for worker := range count {
		path, check := prepare(t)
		writeFile(t, path, right)
		file, err := os.OpenFile(path, os.O_WRONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		// In place, since some file systems write out a file that was truncated to nothing.
		try := func(what string, damaged []byte) {
			_, err := file.WriteAt(damaged, 0)
			if err := errors.Join(err, file.Truncate(int64(len(damaged))), check()); err != nil {
				t.Errorf("%s: %v", what, err)
			}
		}
		workers.Go(func() {
			for i := worker; i < len(right); i += count {
				for _, mask := range masks {
					damaged := bytes.Clone(right)
					damaged[i] ^= mask
					try(fmt.Sprintf("byte %d changed by %#02x", i, mask), damaged)
				}
				try(fmt.Sprintf("cut at %d", i), right[:i])
				try(fmt.Sprintf("without byte %d", i), slices.Delete(bytes.Clone(right), i, i+1))
			}
		})
	}
	workers.Wait()
}

package crypto_test

import (
	"bytes"
	"crypto/rand"
	"errors"
	"io"
	"regexp"
	"strings"
	"testing"

	"example.org/secret/crypto"

	"filippo.io/age"
	"filippo.io/age/armor"
)

const testVaultID = "6f1c3a52-9d0e-4b7a-8c21-5e4f7a90b3d6"

func derive(t testing.TB, master, vaultID string) *crypto.VaultKey {
	t.Helper()
	parsed, err := crypto.ParseMasterKey(master)
	if err != nil {
		t.Fatal(err)
	}
	key, err := crypto.DeriveVaultKey(parsed, vaultID, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func otherMaster(t testing.TB) string {
	t.Helper()
	master, err := crypto.GenerateMasterKey()
	if err != nil {
		t.Fatal(err)
	}
	return master.Reveal()
}

func seal(t testing.TB, key *crypto.VaultKey, fileID, plaintext string) []byte {
	t.Helper()
	data, err := key.Seal(fileID, []byte(plaintext))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestSealAndOpen(t *testing.T) {
	key := derive(t, testMaster, testVaultID)
	const chunk = 64 << 10
	for _, size := range []int{0, 1, 255, 256, chunk - 1, chunk, chunk + 1, 2 * chunk, 1 << 20} {
		plaintext := strings.Repeat("x", size)
		opened, err := key.Open("file", seal(t, key, "file", plaintext))
		if err != nil || string(opened) != plaintext {
			t.Errorf("%d bytes: got %d, %v", size, len(opened), err)
		}
	}
}

// Only the place that a file was sealed for opens it.
func TestOpenElsewhere(t *testing.T) {
	key := derive(t, testMaster, testVaultID)
	data := seal(t, key, "file", "value")
	for what, open := range map[string]func() ([]byte, error){
		"another file":  func() ([]byte, error) { return key.Open("other", data) },
		"another vault": func() ([]byte, error) { return derive(t, testMaster, "other").Open("file", data) },
		"another key":   func() ([]byte, error) { return derive(t, otherMaster(t), testVaultID).Open("file", data) },
		"armored":       func() ([]byte, error) { return key.Open("file", armored(t, data)) },
		"nothing":       func() ([]byte, error) { return key.Open("file", nil) },
		"a byte behind": func() ([]byte, error) { return key.Open("file", append(bytes.Clone(data), 0)) },
	} {
		t.Run(what, func(t *testing.T) {
			plaintext, err := open()
			if !errors.Is(err, crypto.ErrDamaged) || plaintext != nil {
				t.Errorf("%q, %v", plaintext, err)
			}
		})
	}
}

func armored(t testing.TB, data []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w := armor.NewWriter(&out)
	w.Write(data)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// stranger knows a vault's public recipient and sets down stanzas of his own.
type stranger struct{ stanzas []*age.Stanza }

func (s stranger) Wrap([]byte) ([]*age.Stanza, error) { return s.stanzas, nil }

func (s stranger) WrapWithLabels(fileKey []byte) ([]*age.Stanza, []string, error) {
	return s.stanzas, []string{"postquantum"}, nil
}

// Stock age cannot tell a forged file; the second stanza can.
func TestForgedWithThePublicRecipient(t *testing.T) {
	key := derive(t, testMaster, testVaultID)
	identity, err := age.ParseHybridIdentity(testMaster)
	if err != nil {
		t.Fatal(err)
	}
	nonce := strings.Repeat("A", 32)
	body := make([]byte, 32)
	for what, stanzas := range map[string][]*age.Stanza{
		"no second stanza": nil,
		"made up":          {{Type: "secret-vault", Args: []string{nonce}, Body: body}},
		"short body":       {{Type: "secret-vault", Args: []string{nonce}, Body: body[:31]}},
		"no body":          {{Type: "secret-vault", Args: []string{nonce}}},
		"no nonce":         {{Type: "secret-vault", Body: body}},
		"two nonces":       {{Type: "secret-vault", Args: []string{nonce, nonce}, Body: body}},
		"short nonce":      {{Type: "secret-vault", Args: []string{nonce[:31]}, Body: body}},
		"not base64":       {{Type: "secret-vault", Args: []string{"!" + nonce[1:]}, Body: body}},
		"padded base64":    {{Type: "secret-vault", Args: []string{nonce[:31] + "="}, Body: body}},
	} {
		t.Run(what, func(t *testing.T) {
			recipients := []age.Recipient{identity.Recipient()}
			if stanzas != nil {
				recipients = append(recipients, stranger{stanzas})
			}
			var forged bytes.Buffer
			w, err := age.Encrypt(&forged, recipients...)
			if err != nil {
				t.Fatal(err)
			}
			io.WriteString(w, "planted")
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
			if _, err := age.Decrypt(bytes.NewReader(forged.Bytes()), identity); err != nil {
				t.Fatalf("the forgery is not one: %v", err)
			}
			plaintext, err := key.Open("file", forged.Bytes())
			if !errors.Is(err, crypto.ErrDamaged) || plaintext != nil {
				t.Errorf("%q, %v", plaintext, err)
			}
		})
	}
}

func TestSealedWithStockAge(t *testing.T) {
	identity, err := age.ParseHybridIdentity(testMaster)
	if err != nil {
		t.Fatal(err)
	}
	r, err := age.Decrypt(bytes.NewReader(seal(t, derive(t, testMaster, testVaultID), "file", "value")), identity)
	if err != nil {
		t.Fatal(err)
	}
	if plaintext, err := io.ReadAll(r); err != nil || string(plaintext) != "value" {
		t.Errorf("%q, %v", plaintext, err)
	}
}

func TestCheckTellsAWrongKey(t *testing.T) {
	key := derive(t, testMaster, testVaultID)
	if again := derive(t, testMaster, testVaultID); again.Check() != key.Check() || again.FileID("a") != key.FileID("a") {
		t.Error("the same key derives to something else")
	}
	mistyped := testMaster[:76] + "Q"
	for what, other := range map[string]*crypto.VaultKey{
		"key": derive(t, otherMaster(t), testVaultID), "mistyped key": derive(t, mistyped, testVaultID),
		"vault": derive(t, testMaster, "other"),
	} {
		if other.Check() == key.Check() || other.FileID("a") == key.FileID("a") {
			t.Errorf("another %s derives to the same", what)
		}
	}
	if !regexp.MustCompile(`^[0-9a-f]{32}$`).MatchString(key.Check()) {
		t.Error(key.Check())
	}
}

// A key whose checksum is wrong cannot be read by age, so nothing may be sealed
// to it.
func TestMistypedKeySealsNothing(t *testing.T) {
	if data, err := derive(t, testMaster[:76]+"Q", testVaultID).Seal("file", nil); err == nil {
		t.Errorf("sealed %d bytes", len(data))
	}
}

func TestFileID(t *testing.T) {
	key := derive(t, testMaster, testVaultID)
	seen := map[string]string{}
	for _, name := range []string{"a", "A", "a/b", "a//b", "a/", "é", strings.Repeat("a", 512)} {
		id := key.FileID(name)
		if !regexp.MustCompile(`^[a-z2-7]{32}$`).MatchString(id) {
			t.Errorf("%q: %s", name, id)
		}
		if other, ok := seen[id]; ok {
			t.Errorf("%q and %q share %s", name, other, id)
		}
		seen[id] = name
	}
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, errors.New("no randomness") }

func TestSealWithoutRandomness(t *testing.T) {
	parsed, err := crypto.ParseMasterKey(testMaster)
	if err != nil {
		t.Fatal(err)
	}
	key, err := crypto.DeriveVaultKey(parsed, testVaultID, failing{})
	if err != nil {
		t.Fatal(err)
	}
	if data, err := key.Seal("file", nil); err == nil {
		t.Errorf("sealed %d bytes", len(data))
	}
}

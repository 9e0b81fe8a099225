package vault_test

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"example.org/secret/crypto"
	"example.org/secret/vault"
)

const valueKeyVault = "testdata/vaults/value-keys"

// The vault in testdata that has value keys: one that opens with the vault, and
// one behind the passphrase of the others.
func TestValueKeysVault(t *testing.T) {
	writeValueKeyVault(t)
	dir := copyVault(t, valueKeyVault)
	out := options(newClock())
	person := &asker{passphrase: vectorPassphrase}
	out.ValueKey = person.open
	v := openVault(t, dir, out)
	wantVersions(t, v, "payroll/token", "first", "second")
	wantVersions(t, v, "plain", "in the document")
	if person.asked != 0 {
		t.Error("asked for a passphrase that nothing needed")
	}
	s, err := v.Get("vip/db")
	if err != nil {
		t.Fatal(err)
	}
	if _, fields := currentValue(t, s); strings.Join(fields, ", ") != "password czNjcmV0, username AP8=" ||
		s.Key != "vip" {
		t.Errorf("%q under the key %q", fields, s.Key)
	}
	set(t, v, "payroll/token", "third")
	wantVersions(t, v, "payroll/token", "first", "second", "third")
}

func writeValueKeyVault(t *testing.T) {
	t.Helper()
	if !*updateFlag {
		return
	}
	if _, err := os.Stat(valueKeyVault); err == nil {
		return
	}
	dir := filepath.Join(t.TempDir(), "value-keys")
	out := options(newClock())
	out.Rand = rand.NewChaCha8([32]byte{1}) // for the ids
	out.ValueKey = (&asker{passphrase: vectorPassphrase}).open
	v, err := vault.Create(dir, testVaultID, parseKey(t, testMaster, testVaultID),
		vault.SealedKeys{vault.KeyFile: nil}, out)
	if err != nil {
		t.Fatal(err)
	}
	newKey(t, v, "payroll", nil)
	newKey(t, v, "vip", behindPassphrase)
	set(t, v, "plain", "in the document")
	setUnder(t, v, "payroll/token", "payroll", "first")
	setUnder(t, v, "payroll/token", "payroll", "second")
	_, err = v.Upsert("vip/db", func(s *vault.Secret) error {
		if err := s.SetKey("vip"); err != nil {
			return err
		}
		fields := map[string]vault.Bytes{"username": vault.Bytes("\x00\xff"), "password": vault.Bytes("s3cret")}
		return s.Add(vault.NewVersion{Kind: vault.Credential, Value: vault.Value{Fields: fields}, Origin: vault.OriginSet})
	})
	if err != nil {
		t.Fatal(err)
	}
	publishVault(t, dir, "value-keys", nil)
}

// addFurther are documents whose values are neither all sealed nor all there.
func addFurther(t *testing.T, all map[string]func() vector, key *crypto.VaultKey) {
	document := func(keyMember, value string) string {
		return `{"name":"s","kind":"plaintext",` + keyMember + oneVersion + value + `}]}`
	}
	for name, test := range map[string]struct{ comment, document string }{
		"sealed-without-key": {
			"A version with sealed in a secret without a key.",
			document("", `"value":"right","sealed":"eA=="`),
		},
		"key-in-clear": {"A secret with a key whose value is there.", document(`"key":"payroll",`, `"value":"right"`)},
		"key-twice": {
			"A secret with a key whose value is sealed and there.",
			document(`"key":"payroll",`, `"value":"right","sealed":"eA=="`),
		},
		"key-no-value": {"A secret with a key and no value.", document(`"key":"payroll",`, `"sealed":""`)},
		"key-path":     {"A key that is no name of one.", document(`"key":"../keys/payroll",`, `"sealed":"eA=="`)},
	} {
		all["damaged-"+name] = func() vector {
			return vector{expect: "damaged", comment: test.comment, name: "s", body: sealFor(t, key, "s", test.document)}
		}
	}
}

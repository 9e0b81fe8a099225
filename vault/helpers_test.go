package vault_test

import (
	"bytes"
	"crypto/rand"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"example.org/secret/crypto"
	"example.org/secret/vault"
)

// testMaster and testVaultID are those of the vectors in testdata.
const (
	testMaster  = "AGE-SECRET-KEY-PQ-13JZ5PG4UKDTHDL9M4M0KYNMHXF885E7KQ94WS4K5WT3LJUAWNGESZ6QXFZ"
	testVaultID = "6f1c3a52-9d0e-4b7a-8c21-5e4f7a90b3d6"
)

// long is whether the sweeps that take minutes run as well.
var long = os.Getenv("SECRET_TEST_LONG") == "1"

// clock is a time that a test moves.
type clock struct{ now time.Time }

func (c *clock) add(d time.Duration) { c.now = c.now.Add(d) }

var start = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func newClock() *clock { return &clock{start} }

func options(c *clock) vault.Options {
	return vault.Options{
		Now: func() time.Time { return c.now }, Rand: rand.Reader,
		History: vault.DefaultHistory, LockTimeout: 20 * time.Second,
	}
}

func parseKey(t testing.TB, master, vaultID string) *crypto.VaultKey {
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

// newVault makes a vault of its own for t, and returns its directory as well.
func newVault(t testing.TB) (*vault.Vault, string, *clock) {
	t.Helper()
	c := newClock()
	dir := filepath.Join(t.TempDir(), "vault")
	v, err := vault.Create(dir, testVaultID, parseKey(t, testMaster, testVaultID), vault.SealedKeys{vault.KeyFile: nil},
		options(c))
	if err != nil {
		t.Fatal(err)
	}
	return v, dir, c
}

// openVault opens a vault of the test key.
func openVault(t testing.TB, dir string, out vault.Options) *vault.Vault {
	t.Helper()
	header, err := vault.ReadHeader(dir)
	if err != nil {
		t.Fatal(err)
	}
	v, err := vault.Open(header, parseKey(t, testMaster, header.ID), out)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// set adds a version to a plaintext secret, which it makes if need be.
func set(t testing.TB, v *vault.Vault, name vault.Name, value string, labels ...vault.Label) *vault.Secret {
	t.Helper()
	s, err := v.Upsert(name, func(s *vault.Secret) error { return s.Add(text(value, labels...)) })
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func text(value string, labels ...vault.Label) vault.NewVersion {
	return vault.NewVersion{
		Kind: vault.Plaintext, Value: vault.Value{Plain: vault.Bytes(value)}, Origin: vault.OriginSet, Labels: labels,
	}
}

func update(t testing.TB, v *vault.Vault, name vault.Name, change func(*vault.Secret) error) *vault.Secret {
	t.Helper()
	s, err := v.Update(name, change)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// wantValue checks the current value of a plaintext secret.
func wantValue(t testing.TB, v *vault.Vault, name vault.Name, want string) {
	t.Helper()
	s, err := v.Get(name)
	if err != nil {
		t.Fatal(err)
	}
	version, err := s.Find(vault.Selector{})
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(version.Plain, []byte(want)) {
		t.Errorf("%s = %.40q, want %.40q", name, version.Plain, want)
	}
}

func wantError(t testing.TB, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("error = %v, want %v", err, want)
	}
}

// listed returns the names that List tells, and wants no damage.
func listed(t testing.TB, v *vault.Vault) []vault.Name {
	t.Helper()
	listing, err := v.List()
	if err != nil || len(listing.Damaged) > 0 {
		t.Fatal(err, listing.Damaged)
	}
	names := []vault.Name{}
	for _, s := range listing.Secrets {
		names = append(names, s.Name)
	}
	return names
}

// pathOf is the file of a secret.
func pathOf(t testing.TB, dir string, name vault.Name) string {
	t.Helper()
	header, err := vault.ReadHeader(dir)
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, "secrets", parseKey(t, testMaster, header.ID).FileID(string(name))+".age")
}

func readFile(t testing.TB, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func writeFile(t testing.TB, path string, data []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

func remove(t testing.TB, path string) {
	t.Helper()
	if err := os.RemoveAll(path); err != nil {
		t.Fatal(err)
	}
}

func wantNoFile(t testing.TB, path string) {
	t.Helper()
	if _, err := os.Lstat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%s is there (%v)", path, err)
	}
}

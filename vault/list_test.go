package vault_test

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"example.org/secret/crypto"
	"example.org/secret/vault"
)

// cachedVault is a vault with a list cache and secrets a, b and c, and a clock
// that is far enough ahead for the cache to trust their files.
type cachedVault struct {
	*vault.Vault
	dir, cache string
}

func newCachedVault(t *testing.T) cachedVault {
	t.Helper()
	c := cachedVault{dir: filepath.Join(t.TempDir(), "vault"), cache: filepath.Join(t.TempDir(), "cache", "list")}
	master, err := crypto.GenerateMasterKey()
	if err != nil {
		t.Fatal(err)
	}
	key, err := crypto.DeriveVaultKey(master, testVaultID, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c.Vault, err = vault.Create(c.dir, testVaultID, key, vault.SealedKeys{vault.KeyFile: nil}, vault.Options{
		Now:  func() time.Time { return time.Now().Add(time.Hour) },
		Rand: rand.Reader, History: 10, LockTimeout: time.Minute, CacheFile: c.cache,
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []vault.Name{"a", "b", "c"} {
		c.set(t, name)
	}
	return c
}

func (c cachedVault) set(t *testing.T, name vault.Name) {
	t.Helper()
	_, err := c.Upsert(name, func(s *vault.Secret) error {
		if err := s.SetDescription(fmt.Sprintf("revision %d", s.Revision+1)); err != nil {
			return err
		}
		if err := s.Tag("team", "x"); err != nil {
			return err
		}
		s.Rotation = []byte(`{"enabled":true}`)
		return s.Add(vault.NewVersion{Kind: vault.Plaintext, Origin: vault.OriginSet})
	})
	if err != nil {
		t.Fatal(err)
	}
}

// descriptions lists the vault and fails on anything odd in the listing.
func (c cachedVault) descriptions(t *testing.T) []string {
	t.Helper()
	listing, err := c.List()
	if err != nil || len(listing.Damaged) > 0 {
		t.Fatal(err, listing.Damaged)
	}
	var all []string
	for _, listed := range listing.Secrets {
		s := listed.Meta()
		got, err := c.Get(s.Name)
		if err != nil {
			t.Fatal(err)
		}
		if s.ID != got.ID || s.Kind != got.Kind || s.Revision != got.Revision || !s.Changed.Equal(got.Changed) ||
			!s.Created.Equal(got.Created) || s.Tags["team"] != "x" || s.Labels[vault.Current] != got.Labels[vault.Current] ||
			!bytes.Equal(s.Rotation, got.Rotation) {
			t.Errorf("the listing says %+v of %+v", s, got)
		}
		all = append(all, string(s.Name)+" "+s.Description)
	}
	return all
}

func (c cachedVault) files(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(c.dir, "secrets", "*.age"))
	if err != nil || len(files) == 0 {
		t.Fatal("no files", err)
	}
	return files
}

func TestListCacheSeesEveryChange(t *testing.T) {
	c := newCachedVault(t)
	want := []string{"a revision 1", "b revision 1", "c revision 1"}
	check := func(when string) {
		t.Helper()
		if got := c.descriptions(t); !slices.Equal(got, want) {
			t.Fatalf("%s: %q, want %q", when, got, want)
		}
	}
	check("without a cache")
	check("with a cache")
	c.set(t, "b")
	want[1] = "b revision 2"
	check("after a new version")
	if err := c.Remove("a"); err != nil {
		t.Fatal(err)
	}
	want = want[1:]
	check("after a deletion")
	if _, err := c.Rename("b", "z"); err != nil {
		t.Fatal(err)
	}
	want = []string{"c revision 1", "z revision 2"}
	check("after a renaming")
}

func TestListCacheSeesFilesWrittenInPlace(t *testing.T) {
	c := newCachedVault(t)
	c.descriptions(t)
	file := c.files(t)[0]
	before, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	// As cp and some syncers write: the directory does not change.
	if err := os.WriteFile(file, before[:len(before)-1], 0o600); err != nil {
		t.Fatal(err)
	}
	listing, err := c.List()
	if err != nil || len(listing.Damaged) != 1 || len(listing.Secrets) != 2 {
		t.Fatalf("a damaged file is not seen: %+v, %v", listing, err)
	}
}

func TestListCacheIsOnlyAHint(t *testing.T) {
	c := newCachedVault(t)
	want := c.descriptions(t)
	good, err := os.ReadFile(c.cache)
	if err != nil {
		t.Fatal("no cache was written:", err)
	}
	if bytes.Contains(good, []byte("revision 1")) {
		t.Fatal("the cache shows a description")
	}
	c.set(t, "c")
	want[2] = "c revision 2"
	flipped := bytes.Clone(good)
	flipped[len(flipped)/2] ^= 1
	for name, text := range map[string][]byte{
		"empty": {}, "cut": good[:len(good)/2], "flipped": flipped, "old": good, "foreign": []byte("age-encryption.org/v1\n"),
	} {
		if err := os.WriteFile(c.cache, text, 0o600); err != nil {
			t.Fatal(err)
		}
		if got := c.descriptions(t); !slices.Equal(got, want) {
			t.Errorf("%s cache: %q, want %q", name, got, want)
		}
	}
	if err := os.RemoveAll(filepath.Dir(c.cache)); err != nil {
		t.Fatal(err)
	}
	if got := c.descriptions(t); !slices.Equal(got, want) {
		t.Errorf("no cache: %q, want %q", got, want)
	}
}

func TestListReportsARollback(t *testing.T) {
	c := newCachedVault(t)
	listed := func() []vault.Name {
		t.Helper()
		listing, err := c.List()
		if err != nil || len(listing.Secrets) != 3 {
			t.Fatal(listing, err)
		}
		return listing.RolledBack
	}
	copies := map[string][]byte{}
	for _, file := range c.files(t) {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		copies[file] = text
	}
	c.set(t, "b")
	c.set(t, "b")
	if names := listed(); names != nil {
		t.Fatalf("rolled back: %q, but nothing was", names)
	}
	for file, text := range copies {
		if err := os.WriteFile(file, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		if names := listed(); !slices.Equal(names, []vault.Name{"b"}) {
			t.Fatalf("rolled back: %q, want b", names)
		}
	}
	c.set(t, "b") // its user has taken to it
	if names := listed(); names != nil {
		t.Fatalf("rolled back: %q after a new version", names)
	}
}

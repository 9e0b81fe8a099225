package vault_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"
	"time"

	"example.org/secret/crypto"
	"example.org/secret/vault"
)

func newMasterKey(t testing.TB) *crypto.VaultKey {
	t.Helper()
	master, err := crypto.GenerateMasterKey()
	if err != nil {
		t.Fatal(err)
	}
	return parseKey(t, master.Reveal(), testVaultID)
}

// holder is a place that holds a master key, which nothing changes.
type holder struct {
	unlocker vault.Unlocker
	sealed   []byte
	changed  bool
}

func (h *holder) Unlocker() vault.Unlocker { return h.unlocker }
func (h *holder) Sealed() []byte           { return h.sealed }

func (h *holder) Add(crypto.MasterKey, crypto.MasterKey) error {
	h.changed = true
	return nil
}

func (h *holder) Retire(crypto.MasterKey) error { return nil }

// oneKeyFile returns the holder of a vault with one key file.
func oneKeyFile() []vault.KeyHolder { return []vault.KeyHolder{&holder{unlocker: vault.KeyFile}} }

// keep returns a function for AddUnlocker.
func keep(sealed string) func() ([]byte, error) {
	return func() ([]byte, error) {
		if sealed == "" {
			return nil, nil
		}
		return []byte(sealed), nil
	}
}

func noProgress(int, int) {}

// reopen opens the vault with the one of keys that is its own.
func reopen(t testing.TB, dir string, c *clock, keys ...*crypto.VaultKey) *vault.Vault {
	t.Helper()
	header, err := vault.ReadHeader(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range keys {
		if key.Check() == header.Check {
			v, err := vault.Open(header, key, options(c))
			if err != nil {
				t.Fatal(err)
			}
			return v
		}
	}
	t.Fatal("none of the keys is the vault's")
	return nil
}

func replaceKey(t testing.TB, v *vault.Vault, dir string, c *clock, next *crypto.VaultKey) *vault.Vault {
	t.Helper()
	if _, err := v.ReplaceKey(next, oneKeyFile(), noProgress); err != nil {
		t.Fatal(err)
	}
	v = reopen(t, dir, c, next)
	if err := v.ClearReplaced(nil, oneKeyFile()); err != nil {
		t.Fatal(err)
	}
	return v
}

func TestReplaceKeyKeepsEverything(t *testing.T) {
	v, dir, c := newVault(t)
	set(t, v, "versions", "one")
	set(t, v, "versions", "\xff\x00", "mine")
	set(t, v, "old-name", "renamed")
	if _, err := v.Rename("old-name", "new-name"); err != nil {
		t.Fatal(err)
	}
	set(t, v, "scheduled", "s")
	set(t, v, "over", "o")
	update(t, v, "over", func(s *vault.Secret) error { return s.ScheduleDeletion(7) })
	c.add(8 * 24 * time.Hour)
	update(t, v, "scheduled", func(s *vault.Secret) error { return s.ScheduleDeletion(7) })
	// A rename that did not happen, and whose journal was lost.
	set(t, v, "stays", "s")
	before := readFile(t, pathOf(t, dir, "stays"))
	if _, err := v.Rename("stays", "goes"); err != nil {
		t.Fatal(err)
	}
	writeFile(t, pathOf(t, dir, "stays"), before)
	writeFile(t, filepath.Join(dir, "secrets", "mine.txt"), []byte("not the vault's"))

	listing := listed(t, v)
	was := map[vault.Name]*vault.Secret{}
	for _, name := range listing {
		was[name] = mustGet(t, v, name)
	}
	after := replaceKey(t, v, dir, c, newMasterKey(t))
	if got := listed(t, after); !slices.Equal(got, listing) {
		t.Errorf("there are %v, of %v", got, listing)
	}
	for name, want := range was {
		got := mustGet(t, after, name)
		if got.ID != want.ID || got.Revision != want.Revision || !reflect.DeepEqual(got.Versions, want.Versions) ||
			!reflect.DeepEqual(got.Labels, want.Labels) || !reflect.DeepEqual(got.Deletion, want.Deletion) {
			t.Errorf("%s is %+v, was %+v", name, got, want)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "secrets", "*")); len(left) != 1 {
		t.Errorf("of the old key there is left %v; want mine.txt only", left)
	}
	set(t, after, "next", "n")
}

func mustGet(t testing.TB, v *vault.Vault, name vault.Name) *vault.Secret {
	t.Helper()
	s, err := v.Get(name)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// A process that opened the vault before neither writes nor reports a wrong state.
func TestKeyReplacedMeanwhile(t *testing.T) {
	v, dir, c := newVault(t)
	set(t, v, "a", "one")
	after := replaceKey(t, openVault(t, dir, options(c)), dir, c, newMasterKey(t))
	for what, do := range map[string]func() error{
		"Get":            func() error { _, err := v.Get("a"); return err },
		"Get of nothing": func() error { _, err := v.Get("b"); return err },
		"List":           func() error { _, err := v.List(); return err },
		"Upsert": func() error {
			_, err := v.Upsert("a", func(s *vault.Secret) error { return s.Add(text("two")) })
			return err
		},
		"Update":      func() error { _, err := v.Update("a", func(*vault.Secret) error { return nil }); return err },
		"Rename":      func() error { _, err := v.Rename("a", "b"); return err },
		"Remove":      func() error { return v.Remove("a") },
		"Purge":       func() error { _, err := v.Purge(); return err },
		"AddUnlocker": func() error { return v.AddUnlocker(vault.Passphrase, keep("old key")) },
		"ReplaceKey":  func() error { _, err := v.ReplaceKey(newMasterKey(t), oneKeyFile(), noProgress); return err },
		"UpsertAll": func() error {
			return v.UpsertAll(context.Background(), []vault.Name{"b"},
				func(_ int, s *vault.Secret) error { return s.Add(text("b")) }, func(int) {})
		},
	} {
		if err := do(); !errors.Is(err, vault.ErrKeyReplaced) {
			t.Errorf("%s: %v", what, err)
		}
	}
	wantNoFile(t, filepath.Join(dir, "unlock"))
	wantNoFile(t, filepath.Join(dir, "secrets"))
	wantValue(t, after, "a", "one")
}

// The files of an interrupted attempt are used only where their secrets are the same.
func TestReplaceKeyContinues(t *testing.T) {
	v, dir, c := newVault(t)
	for _, name := range []vault.Name{"same", "changed", "again", "removed", "torn"} {
		set(t, v, name, "before")
	}
	next := newMasterKey(t)
	header := readFile(t, filepath.Join(dir, "vault.yaml"))
	if _, err := v.ReplaceKey(next, oneKeyFile(), noProgress); err != nil {
		t.Fatal(err)
	}
	// Back to the moment before the change.
	writeFile(t, filepath.Join(dir, "vault.yaml"), header)
	sealed := func(name vault.Name) string {
		return filepath.Join(dir, "secrets."+next.Check(), next.FileID(string(name))+".age")
	}
	set(t, v, "changed", "after")
	for _, name := range []vault.Name{"again", "removed"} {
		if err := v.Remove(name); err != nil {
			t.Fatal(err)
		}
	}
	set(t, v, "again", "after") // of the same revision as the one before
	if err := os.Truncate(sealed("torn"), 100); err != nil {
		t.Fatal(err)
	}
	same := readFile(t, sealed("same"))
	after := replaceKey(t, v, dir, c, next)
	for name, want := range map[vault.Name]string{
		"same": "before", "changed": "after", "again": "after",
		"torn": "before",
	} {
		wantValue(t, after, name, want)
	}
	_, err := after.Get("removed")
	wantError(t, err, vault.ErrNoSecret)
	if string(same) != string(readFile(t, sealed("same"))) {
		t.Error("what was still the same was sealed again")
	}
}

func TestReplaceKeyRefuses(t *testing.T) {
	for what, test := range map[string]struct {
		spoil func(v *vault.Vault, dir string, holders *[]vault.KeyHolder)
		want  error
	}{
		"damage": {func(_ *vault.Vault, dir string, _ *[]vault.KeyHolder) {
			writeFile(t, pathOf(t, dir, "a"), []byte("damaged"))
		}, vault.ErrDamaged},
		"an unlocker without a holder": {func(v *vault.Vault, _ string, _ *[]vault.KeyHolder) {
			if err := v.AddUnlocker(vault.Keyring, keep("")); err != nil {
				t.Fatal(err)
			}
		}, vault.ErrBusy},
		"another passphrase": {func(v *vault.Vault, _ string, holders *[]vault.KeyHolder) {
			if err := v.AddUnlocker(vault.Passphrase, keep("new")); err != nil {
				t.Fatal(err)
			}
			*holders = append(*holders, &holder{unlocker: vault.Passphrase, sealed: []byte("old")})
		}, vault.ErrBusy},
		"a holder without an unlocker": {func(_ *vault.Vault, _ string, holders *[]vault.KeyHolder) {
			*holders = append(*holders, &holder{unlocker: vault.Keyring})
		}, vault.ErrBusy},
		"damaged value key": {func(_ *vault.Vault, dir string, _ *[]vault.KeyHolder) {
			writeFile(t, filepath.Join(dir, "keys", "k.age"), nil)
		}, vault.ErrDamaged},
	} {
		v, dir, _ := newVault(t)
		set(t, v, "a", "one")
		file := &holder{unlocker: vault.KeyFile}
		holders := []vault.KeyHolder{file}
		test.spoil(v, dir, &holders)
		header := readFile(t, filepath.Join(dir, "vault.yaml"))
		if _, err := v.ReplaceKey(newMasterKey(t), holders, noProgress); !errors.Is(err, test.want) || file.changed {
			t.Errorf("%s: %v; the key file is changed: %v", what, err, file.changed)
		}
		if string(header) != string(readFile(t, filepath.Join(dir, "vault.yaml"))) {
			t.Errorf("%s: the header is changed", what)
		}
	}
}

// A process that opens and reads while the key is replaced finds everything, or is
// told to do so again.
func TestReadingWhileTheKeyIsReplaced(t *testing.T) {
	v, dir, c := newVault(t)
	set(t, v, "a", "one")
	set(t, v, "b", "two")
	keys := []*crypto.VaultKey{
		parseKey(t, testMaster, testVaultID), newMasterKey(t), newMasterKey(t), newMasterKey(t),
		newMasterKey(t), newMasterKey(t),
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for _, next := range keys[1:] {
			v = replaceKey(t, v, dir, c, next)
		}
	}()
	found := 0
	for reading := true; reading; {
		select {
		case <-done:
			reading = false
		default:
		}
		reader := reopen(t, dir, c, keys...)
		_, err := reader.Get("a")
		listing, listErr := reader.List()
		switch {
		case errors.Is(err, vault.ErrKeyReplaced), errors.Is(listErr, vault.ErrKeyReplaced):
		case err != nil, listErr != nil, len(listing.Secrets) != 2, len(listing.Damaged) > 0:
			t.Errorf("Get: %v; List: %+v, %v", err, listing, listErr)
		default:
			found++
		}
	}
	if found == 0 {
		t.Error("no reader found anything")
	}
}

// Values that are sealed to value keys stay as they are; their files go to the new master
// key.
func TestReplaceKeyOfVaultWithValueKeys(t *testing.T) {
	v, dir, c := newVault(t)
	newKey(t, v, "k", nil)
	newKey(t, v, "unused", nil)
	setUnder(t, v, "a", "k", "s3cret")
	after := replaceKey(t, v, dir, c, newMasterKey(t))
	if s, err := after.Get("a"); err != nil || string(s.Versions[0].Plain) != "s3cret" {
		t.Errorf("Get gives %v", err)
	}
	if _, err := os.Stat(filepath.Join(dir, "keys")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the old keys are still there: %v", err)
	}
	if err := after.DeleteValueKey("unused"); err != nil {
		t.Error(err)
	}
	again := replaceKey(t, after, dir, c, newMasterKey(t))
	if _, err := again.ValueKey("unused"); !errors.Is(err, vault.ErrNoSuchValueKey) {
		t.Errorf("the deleted key: %v", err)
	}
	if users, err := again.ValueKeyUsers("k"); users != 1 || err != nil {
		t.Errorf("the key has %d users, %v", users, err)
	}
}

// A header that names another directory hides the secrets: they are told and never
// cleared away.
func TestHiddenSecretsAreKept(t *testing.T) {
	v, dir, c := newVault(t)
	set(t, v, "a", "one")
	path := filepath.Join(dir, "vault.yaml")
	honest := readFile(t, path)
	header, err := vault.ReadHeader(dir)
	if err != nil {
		t.Fatal(err)
	}
	header.Secrets = "secrets." + header.Check
	writeFile(t, path, vault.EncodeHeader(header))
	forged := openVault(t, dir, options(c))
	listing, err := forged.List()
	if err != nil || len(listing.Secrets) != 0 || len(listing.Damaged) != 1 ||
		!errors.Is(listing.Damaged[0], vault.ErrDamaged) {
		t.Errorf("List: %+v, %v", listing, err)
	}
	set(t, forged, "b", "two")
	_, err = forged.ReplaceKey(newMasterKey(t), oneKeyFile(), noProgress)
	wantError(t, err, vault.ErrDamaged)
	writeFile(t, path, honest)
	wantValue(t, openVault(t, dir, options(c)), "a", "one")
}

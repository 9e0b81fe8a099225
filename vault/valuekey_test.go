package vault_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"example.org/secret/crypto"
	"example.org/secret/vault"

	"filippo.io/age"
)

// asker stands for a user who knows the passphrase of value keys, and counts how often they
// are asked.
type asker struct {
	mu         sync.Mutex
	asked      int
	passphrase string
	meanwhile  func() // runs while they are asked
}

func (a *asker) open(_ string, sealed []byte) (crypto.MasterKey, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.asked++
	if a.meanwhile != nil {
		a.meanwhile()
	}
	return crypto.OpenWithPassphrase(sealed, a.passphrase)
}

func behindPassphrase(key crypto.MasterKey) ([]byte, error) {
	return crypto.SealWithPassphrase(vectorPassphrase, 4, key)
}

func newKey(t testing.TB, v *vault.Vault, name string, seal func(crypto.MasterKey) ([]byte, error)) {
	t.Helper()
	if err := v.NewValueKey(name, seal); err != nil {
		t.Fatal(err)
	}
}

// setUnder adds a version to a plaintext secret under a value key.
func setUnder(t testing.TB, v *vault.Vault, name vault.Name, key, value string) {
	t.Helper()
	if err := v.ReachValueKey(key); err != nil {
		t.Fatal(err)
	}
	_, err := v.Upsert(name, func(s *vault.Secret) error {
		if err := s.SetKey(key); err != nil {
			return err
		}
		return s.Add(text(value))
	})
	if err != nil {
		t.Fatal(err)
	}
}

func documentOf(t testing.TB, dir string, name vault.Name) []byte {
	t.Helper()
	key := parseKey(t, testMaster, testVaultID)
	document, err := key.Open(key.FileID(string(name)), readFile(t, pathOf(t, dir, name)))
	if err != nil {
		t.Fatal(err)
	}
	return document
}

func TestValuesUnderAValueKey(t *testing.T) {
	for what, seal := range map[string]func(crypto.MasterKey) ([]byte, error){
		"opens with the vault": nil, "behind a passphrase": behindPassphrase,
	} {
		t.Run(what, func(t *testing.T) {
			_, dir, c := newVault(t)
			out := options(c)
			person := &asker{passphrase: vectorPassphrase}
			out.ValueKey = person.open
			v := openVault(t, dir, out)
			newKey(t, v, "k", seal)
			set(t, v, "s", "one-value")
			setUnder(t, v, "s", "k", "two-value")
			set(t, v, "s", "three-value") // keeps its key
			wantVersions(t, v, "s", "one-value", "two-value", "three-value")
			if document := documentOf(t, dir, "s"); bytes.Contains(document, []byte("-value")) ||
				!bytes.Contains(document, []byte(`"key":"k"`)) {
				t.Errorf("%s", document)
			}
			if _, err := v.Rename("s", "t"); err != nil {
				t.Fatal(err)
			}
			wantVersions(t, openVault(t, dir, out), "t", "one-value", "two-value", "three-value")
			asked := map[bool]int{true: 0, false: 2}[seal == nil] // once for each time that the vault was opened
			if person.asked != asked {
				t.Errorf("asked %d times, want %d", person.asked, asked)
			}
			if _, err := v.Update("t", func(s *vault.Secret) error { return s.SetKey("") }); err != nil {
				t.Fatal(err)
			}
			if document := documentOf(t, dir, "t"); bytes.Contains(document, []byte(`"sealed"`)) ||
				bytes.Contains(document, []byte(`"key"`)) {
				t.Errorf("%s", document)
			}
			out.ValueKey = nil
			wantVersions(t, openVault(t, dir, out), "t", "one-value", "two-value", "three-value")
		})
	}
}

func wantVersions(t testing.TB, v *vault.Vault, name vault.Name, want ...string) {
	t.Helper()
	s, err := v.Get(name)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, version := range s.Versions {
		got = append(got, string(version.Plain))
	}
	if !slices.Equal(got, want) {
		t.Errorf("%s: %q, want %q", name, got, want)
	}
}

// A change that needs no value needs no key, and carries the sealed values unchanged.
func TestWithoutTheValueKey(t *testing.T) {
	_, dir, c := newVault(t)
	out := options(c)
	out.ValueKey = (&asker{passphrase: vectorPassphrase}).open
	v := openVault(t, dir, out)
	newKey(t, v, "k", behindPassphrase)
	setUnder(t, v, "s", "k", "one")
	setUnder(t, v, "s", "k", "two")

	out.ValueKey = nil
	locked := openVault(t, dir, out)
	s, err := locked.GetMeta("s")
	if err != nil || s.Key != "k" || len(s.Versions) != 2 || s.Versions[0].Plain != nil {
		t.Fatalf("%+v, %v", s, err)
	}
	amend := func(name vault.Name, change func(*vault.Secret) error) {
		t.Helper()
		if _, err := locked.UpdateMeta(name, change); err != nil {
			t.Error(err)
		}
	}
	amend("s", func(s *vault.Secret) error { return s.Tag("a", "b") })
	amend("s", func(s *vault.Secret) error { return s.SetDescription("d") })
	amend("s", func(s *vault.Secret) error { return s.MoveLabel(vault.Current, 1, 2) })
	amend("s", func(s *vault.Secret) error { return s.ScheduleDeletion(7) })
	amend("s", (*vault.Secret).Restore)
	if _, err := locked.Rename("s", "t"); err != nil {
		t.Error(err)
	}
	if names := listed(t, locked); !slices.Equal(names, []vault.Name{"t"}) {
		t.Error(names)
	}
	if listing, err := locked.List(); err != nil || listing.Secrets[0].Meta().Key != "k" {
		t.Errorf("%+v, %v", listing, err)
	}
	for what, err := range map[string]error{
		"get":    second(locked.Get("t")),
		"update": second(locked.Update("t", func(s *vault.Secret) error { return s.Tag("x", "y") })),
		"new": second(locked.Upsert("u",
			func(s *vault.Secret) error { return errors.Join(s.SetKey("k"), s.Add(text("x"))) })),
	} {
		if !errors.Is(err, vault.ErrNoKey) {
			t.Errorf("%s: %v", what, err)
		}
	}
	remove(t, filepath.Join(dir, "keys/k.age"))
	wantError(t, second(v.Get("t")), vault.ErrNoKey)
	wantError(t, second(v.Upsert("u",
		func(s *vault.Secret) error { return errors.Join(s.SetKey("k"), s.Add(text("x"))) })), vault.ErrNoSuchValueKey)
}

func second[T any](_ T, err error) error { return err }

// No writer waits while a passphrase is asked for.
func TestNothingIsAskedUnderTheLock(t *testing.T) {
	_, dir, c := newVault(t)
	out := options(c)
	out.LockTimeout = 50 * time.Millisecond
	newKey(t, openVault(t, dir, out), "k", behindPassphrase)
	value := func(s *vault.Secret) error { return s.Add(text("x")) }
	changes := map[string]func(*vault.Vault) error{
		"new": func(v *vault.Vault) error {
			if err := v.ReachValueKey("k"); err != nil {
				return err
			}
			return second(v.Upsert("new", func(s *vault.Secret) error {
				if err := s.SetKey("k"); err != nil {
					return err
				}
				return value(s)
			}))
		},
		"get":    func(v *vault.Vault) error { return second(v.Get("new")) },
		"update": func(v *vault.Vault) error { return second(v.Update("new", value)) },
		"many": func(v *vault.Vault) error {
			return v.UpsertAll(context.Background(), []vault.Name{"other", "new"},
				func(_ int, s *vault.Secret) error { return value(s) }, func(int) {})
		},
		"away": func(v *vault.Vault) error {
			return second(v.Update("new", func(s *vault.Secret) error { return s.SetKey("") }))
		},
	}
	for _, what := range []string{"new", "get", "update", "many", "away"} {
		person := &asker{
			passphrase: vectorPassphrase,
			meanwhile:  func() { set(t, openVault(t, dir, out), "bystander", what) },
		}
		asking := out
		asking.ValueKey = person.open
		if err := changes[what](openVault(t, dir, asking)); err != nil || person.asked != 1 {
			t.Errorf("%s: %v, asked %d times", what, err, person.asked)
		}
	}
	wantVersions(t, openVault(t, dir, out), "new", "x", "x", "x")
}

// One answer counts for all callers that wait for it, also if there was none.
func TestAskedOnce(t *testing.T) {
	for passphrase, want := range map[string]error{vectorPassphrase: nil, "wrong": crypto.ErrWrongPassphrase} {
		_, dir, c := newVault(t)
		out := options(c)
		out.ValueKey = (&asker{passphrase: vectorPassphrase}).open
		v := openVault(t, dir, out)
		newKey(t, v, "k", behindPassphrase)
		setUnder(t, v, "s", "k", "value")
		person := &asker{passphrase: passphrase}
		out.ValueKey = person.open
		v = openVault(t, dir, out)
		var workers sync.WaitGroup
		for range 8 {
			workers.Go(func() {
				if _, err := v.Get("s"); !errors.Is(err, want) {
					t.Errorf("%v, want %v", err, want)
				}
			})
		}
		workers.Wait()
		if person.asked != 1 {
			t.Errorf("asked %d times", person.asked)
		}
	}
}

func TestDeleteKey(t *testing.T) {
	v, dir, c := newVault(t)
	newKey(t, v, "k", nil)
	wantError(t, v.NewValueKey("k", nil), vault.ErrExists)
	for _, bad := range []string{"", "master", "K", "1", "../k", "a b", "-a", strings.Repeat("k", 65)} {
		wantError(t, v.NewValueKey(bad, nil), vault.ErrInvalid)
		wantError(t, v.DeleteValueKey(bad), vault.ErrInvalid)
	}
	setUnder(t, v, "a", "k", "x")
	setUnder(t, v, "b", "k", "x")
	update(t, v, "b", func(s *vault.Secret) error { return s.ScheduleDeletion(7) })
	if users, err := v.ValueKeyUsers("k"); err != nil || users != 2 {
		t.Errorf("%d, %v", users, err)
	}
	wantError(t, v.DeleteValueKey("k"), vault.ErrInvalid)
	if err := v.Remove("a"); err != nil {
		t.Fatal(err)
	}
	c.add(8 * 24 * time.Hour) // b is gone by itself
	writeFile(t, pathOf(t, dir, "c"), []byte("damaged"))
	wantError(t, v.DeleteValueKey("k"), vault.ErrDamaged) // it may be under the key
	remove(t, pathOf(t, dir, "c"))

	// A process has the key at hand while another deletes it.
	_, err := v.Upsert("d", func(s *vault.Secret) error {
		if err := s.SetKey("k"); err != nil {
			return err
		}
		remove(t, filepath.Join(dir, "keys/k.age"))
		return s.Add(text("x"))
	})
	wantError(t, err, vault.ErrNoSuchValueKey)
	wantError(t, v.DeleteValueKey("k"), vault.ErrNoSuchValueKey)
	newKey(t, v, "k", nil)
	if err := v.DeleteValueKey("k"); err != nil {
		t.Fatal(err)
	}
	wantNoFile(t, filepath.Join(dir, "keys/k.age"))
}

// Files that change places are not taken for each other. An attacker who does this
// has the master key, but not the value keys.
func TestSwappedValues(t *testing.T) {
	v, dir, _ := newVault(t)
	master := parseKey(t, testMaster, testVaultID)
	type place struct {
		name    vault.Name
		version int
	}
	var places []place
	for name, key := range map[vault.Name]string{"a": "one", "b": "one", "c": "two"} {
		if _, err := v.ValueKey(key); err != nil {
			newKey(t, v, key, nil)
		}
		for i := range 2 {
			setUnder(t, v, name, key, fmt.Sprint(name, i))
			places = append(places, place{name, i})
		}
	}
	document := func(name vault.Name) map[string]any {
		var d map[string]any
		if err := json.Unmarshal(documentOf(t, dir, name), &d); err != nil {
			t.Fatal(err)
		}
		return d
	}
	version := func(d map[string]any, i int) map[string]any { return d["versions"].([]any)[i].(map[string]any) }
	write := func(name vault.Name, d map[string]any) {
		text, err := json.Marshal(d)
		if err != nil {
			t.Fatal(err)
		}
		writeFile(t, pathOf(t, dir, name), sealFor(t, master, string(name), string(text)))
	}
	damaged := func(what string, name vault.Name) {
		t.Helper()
		if s, err := v.Get(name); s != nil || !errors.Is(err, vault.ErrDamaged) {
			t.Errorf("%s: %+v, %v", what, s, err)
		}
	}
	for _, from := range places {
		for _, to := range places {
			if from == to {
				continue
			}
			for _, members := range [][]string{{"sealed"}, {"sealed", "id"}} {
				before := document(to.name)
				d, source := document(to.name), version(document(from.name), from.version)
				for _, member := range members {
					version(d, to.version)[member] = source[member]
				}
				write(to.name, d)
				damaged(fmt.Sprint(from, " to ", to, members), to.name)
				write(to.name, before)
			}
		}
	}
	for what, change := range map[string]func(d map[string]any){
		"another key":    func(d map[string]any) { d["key"] = "two" },
		"another secret": func(d map[string]any) { d["id"] = aUUID },
		"another kind":   func(d map[string]any) { d["kind"] = "kv" },
		"in clear":       func(d map[string]any) { version(d, 0)["value"] = "x" },
		"no key":         func(d map[string]any) { delete(d, "key") },
		"nothing sealed": func(d map[string]any) { delete(version(d, 1), "sealed") },
		"empty":          func(d map[string]any) { version(d, 1)["sealed"] = "" },
		"a path":         func(d map[string]any) { d["key"] = "../keys/one" },
		"other numbers":  func(d map[string]any) { version(d, 1)["number"] = 3; d["labels"] = map[string]any{"current": 3} },
	} {
		before, d := document("a"), document("a")
		change(d)
		write("a", d)
		damaged(what, "a")
		write("a", before)
	}
	wantVersions(t, v, "a", "a0", "a1")
}

// The things that an attacker without the master key can do to key files.
func TestForgedKeyFiles(t *testing.T) {
	v, dir, _ := newVault(t)
	newKey(t, v, "k", nil)
	newKey(t, v, "other", nil)
	setUnder(t, v, "s", "k", "right")
	path := filepath.Join(dir, "keys/k.age")
	right := readFile(t, path)
	identity, err := age.ParseHybridIdentity(testMaster)
	if err != nil {
		t.Fatal(err)
	}
	master, err := crypto.ParseMasterKey(testMaster)
	if err != nil {
		t.Fatal(err)
	}
	loose, err := behindPassphrase(master)
	if err != nil {
		t.Fatal(err)
	}
	for what, file := range map[string][]byte{
		"another key's":                  readFile(t, filepath.Join(dir, "keys/other.age")),
		"a secret's":                     readFile(t, pathOf(t, dir, "s")),
		"made with the public recipient": ageEncrypt(t, identity.Recipient(), []byte(testMaster+"\n")),
		"sealed to a passphrase only":    loose,
		"empty":                          {},
	} {
		writeFile(t, path, file)
		if s, err := v.Get("s"); s != nil || !errors.Is(err, vault.ErrDamaged) {
			t.Errorf("%s: %+v, %v", what, s, err)
		}
		_, err := v.Upsert("s", func(s *vault.Secret) error { return s.Add(text("new")) })
		wantError(t, err, vault.ErrDamaged)
		_, err = v.Upsert("new", func(s *vault.Secret) error { return errors.Join(s.SetKey("k"), s.Add(text("new"))) })
		wantError(t, err, vault.ErrDamaged)
	}
	writeFile(t, path, right)
	wantValue(t, v, "s", "right")

	// A key of the same name that is authentic, but not the one.
	remove(t, path)
	newKey(t, v, "k", nil)
	wantError(t, second(v.Get("s")), vault.ErrDamaged)
	_, err = v.Upsert("s", func(s *vault.Secret) error { return s.Add(text("new")) })
	wantError(t, err, vault.ErrDamaged)

	key := parseKey(t, testMaster, testVaultID)
	later, err := key.Seal("keys/k", []byte("age-encryption.org/v1\n-> piv-p256 x\n"))
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, path, later)
	wantError(t, second(v.Get("s")), vault.ErrNewerFormat)
}

func TestEveryByteOfAKeyFile(t *testing.T) {
	v, dir, _ := newVault(t)
	newKey(t, v, "k", nil)
	sweep(t, readFile(t, filepath.Join(dir, "keys/k.age")), func(t *testing.T) (string, func() error) {
		v, dir, _ := newVault(t)
		return filepath.Join(dir, "keys/k.age"), func() error {
			if _, err := v.ValueKey("k"); !errors.Is(err, vault.ErrDamaged) {
				return fmt.Errorf("got %w", err)
			}
			return nil
		}
	})
}

// Master key, key file, value: stock age opens one after the other.
func TestStockAgeOpensAValueKey(t *testing.T) {
	v, dir, _ := newVault(t)
	newKey(t, v, "k", nil)
	setUnder(t, v, "s", "k", "the value")
	decrypt := func(file []byte, identities io.Reader) []byte {
		t.Helper()
		parsed, err := age.ParseIdentities(identities)
		if err != nil {
			t.Fatal(err)
		}
		r, err := age.Decrypt(bytes.NewReader(file), parsed...)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	keyFile := decrypt(readFile(t, filepath.Join(dir, "keys/k.age")), strings.NewReader(testMaster))
	s, err := v.GetMeta("s")
	if err != nil {
		t.Fatal(err)
	}
	value := decrypt(s.Versions[0].Sealed, bytes.NewReader(keyFile))
	if string(bytes.TrimRight(value, " \n")) != `{"value":"the value"}` || len(value) != 256 {
		t.Errorf("%q", value)
	}
}

// A vault whose master key was replaced keeps its value keys.
func TestResealKeyFile(t *testing.T) {
	v, dir, c := newVault(t)
	newKey(t, v, "k", nil)
	setUnder(t, v, "s", "k", "right")
	fresh, err := crypto.GenerateMasterKey()
	if err != nil {
		t.Fatal(err)
	}
	from := parseKey(t, testMaster, testVaultID)
	to, err := crypto.DeriveVaultKey(fresh, testVaultID, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "keys/k.age")
	resealed, err := vault.ResealKeyFile("k", readFile(t, path), from, to)
	if err != nil {
		t.Fatal(err)
	}
	_, err = vault.ResealKeyFile("other", readFile(t, path), from, to)
	wantError(t, err, vault.ErrDamaged)

	movedDir := filepath.Join(t.TempDir(), "vault")
	moved, err := vault.Create(movedDir, testVaultID, to, vault.SealedKeys{vault.KeyFile: nil}, options(c))
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, filepath.Join(movedDir, "keys/k.age"), resealed)
	sealed, err := to.Seal(to.FileID("s"), documentOf(t, dir, "s"))
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, filepath.Join(movedDir, "secrets", to.FileID("s")+".age"), sealed)
	wantVersions(t, moved, "s", "right")
}

package unlock_test

import (
	"errors"
	"os"
	"strings"
	"testing"

	"example.org/secret/crypto"
	"example.org/secret/crypto/keyring"
	"example.org/secret/vault"
	"example.org/secret/vault/unlock"
)

func noProgress(int, int) {}

// Every unlocker opens the vault with the new key, and none with the old one.
func TestReplaceKeyInAllPlaces(t *testing.T) {
	f := newFixture(t)
	sealed, err := crypto.SealWithPassphrase("correct horse", 1, f.set.Master)
	if err != nil {
		t.Fatal(err)
	}
	f.set.Sealed[vault.Passphrase] = sealed
	f.create(unlock.KeyFile{Path: f.path("key")}, unlock.Keyring{Store: f.keyring})
	old := f.write("old", f.text("key"))
	f.sessions[f.set.ID] = f.set.Master.Reveal()
	f.keyFile, f.typed = f.path("key"), []string{"correct horse"}
	replaced, err := f.finder().ReplaceKey(f.options(), noProgress)
	if err != nil || replaced.Secrets != 1 || replaced.Earlier {
		t.Fatalf("%+v, %v", replaced, err)
	}
	if len(f.sessions) > 0 {
		t.Error("the session is still open")
	}
	if header := f.header(); header.Next != "" || header.Replaced != "" {
		t.Errorf("the header says that it goes on: %+v", header)
	}
	if text := f.text("key"); !strings.Contains(text,
		"# replaced "+f.finder().Now().UTC().Format("2006-01-02")+": "+f.set.Master.Reveal()) {
		t.Errorf("the old key is no comment in %q", strings.ReplaceAll(text, f.set.Master.Reveal(), "[old key]"))
	}
	if entry := f.keyring.entries[f.set.ID]; strings.Contains(entry, f.set.Master.Reveal()) ||
		len(f.keyring.entries) != 1 {
		t.Errorf("the keyring has %d entries, or the old key", len(f.keyring.entries))
	}
	f.wantRead() // by the key file
	f.keyFile = ""
	f.wantRead() // by the keyring
	f.keyring.err = keyring.ErrLocked
	f.typed = []string{"correct horse"}
	f.wantRead()
	f.keyFile = old
	wantRefusal(t, f.read(), "old holds the key of another vault than")
}

// A keyring that fails at any moment leaves a vault that opens, and the next attempt finishes.
func TestReplaceKeyContinuesAfterFailure(t *testing.T) {
	failures := 0
	for n := 1; ; n++ {
		f := newFixture(t)
		f.create(unlock.KeyFile{Path: f.path("key")}, unlock.Keyring{Store: f.keyring})
		f.keyFile = f.path("key")
		f.keyring.sets = 0
		f.keyring.setErr = func(call int) error {
			if call == n {
				return keyring.ErrTimeout
			}
			return nil
		}
		_, err := f.finder().ReplaceKey(f.options(), noProgress)
		if err == nil {
			break
		}
		failures++
		f.keyring.setErr = nil
		f.wantRead()
		f.keyFile = ""
		f.wantRead()
		f.keyFile = f.path("key")
		if _, err := f.finder().ReplaceKey(f.options(), noProgress); err != nil {
			t.Errorf("after failure %d: %v", n, err)
		}
		f.wantRead()
		if header := f.header(); header.Next != "" || header.Replaced != "" ||
			strings.Contains(f.keyring.entries[f.set.ID], "\n") {
			t.Errorf("after failure %d it is not finished: %+v", n, header)
		}
	}
	if failures != 3 { // the probe, and the change before and after
		t.Errorf("it failed %d times", failures)
	}
}

// A replacement that was interrupted after the change is finished, with the key that is in effect.
func TestReplaceKeyFinishesEarlierOne(t *testing.T) {
	f := newFixture(t)
	f.create(unlock.KeyFile{Path: f.path("key")}, unlock.Keyring{Store: f.keyring})
	f.keyFile = f.path("key")
	f.keyring.sets = 0
	f.keyring.setErr = func(call int) error {
		if call == 3 {
			return keyring.ErrTimeout
		}
		return nil
	}
	_, err := f.finder().ReplaceKey(f.options(), noProgress)
	if err == nil || errors.Is(err, keyring.ErrTimeout) || !strings.Contains(err.Error(), "the new master key is in "+
		"effect, but the old one is not cleared away yet") {
		t.Fatal(err)
	}
	check := f.header().Check
	replaced, err := f.finder().ReplaceKey(f.options(), noProgress)
	if err != nil || !replaced.Earlier || f.header().Check != check {
		t.Errorf("%+v, %v", replaced, err)
	}
}

func TestReplaceKeyRefuses(t *testing.T) {
	for name, test := range map[string]struct {
		spoil func(f *fixture)
		want  string
	}{
		"a key file out of reach": {
			func(f *fixture) { f.keyFile = "" },
			"nothing was changed, since the key-file cannot get the new key: it is not known here; name it with " +
				"--key-file; remove it first with secret key remove key-file",
		},
		"a keyring that forgets": {
			func(f *fixture) { f.keyring.forgets = func(string) bool { return true } },
			"nothing was changed, since the keyring cannot get the new key: the keyring did not keep the key",
		},
		"a credential": {
			func(f *fixture) {
				f.keyFile = ""
				f.write("credentials/secret-key", f.text("key"))
			},
			"where it cannot be replaced; name the file that it is made of with --key-file",
		},
		"an identity": {
			func(f *fixture) { f.add(unlock.Identity{Path: f.write("identity", "AGE-PLUGIN-X"), Age: fakeAge}) },
			"the identity cannot get the new key: a new key is not sealed to identities; remove it first",
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			f.create(unlock.KeyFile{Path: f.path("key")}, unlock.Keyring{Store: f.keyring})
			f.keyFile = f.path("key")
			test.spoil(f)
			before := f.text("vault/vault.yaml")
			_, err := f.finder().ReplaceKey(f.options(), noProgress)
			wantRefusal(t, err, test.want)
			if f.text("vault/vault.yaml") != before || strings.Contains(f.keyring.entries[f.set.ID], "\n") {
				t.Error("something is changed")
			}
			f.wantRead()
		})
	}
}

// vault.yaml was tampered with, or another process was killed while it removed an unlocker.
func TestReplaceKeyLeavesNoSealedKeyBehind(t *testing.T) {
	f := newFixture(t)
	f.create(unlock.KeyFile{Path: f.path("key")})
	f.keyFile = f.path("key")
	f.write("vault/unlock/passphrase.age", "sealed")
	if _, err := f.finder().ReplaceKey(f.options(), noProgress); !errors.Is(err, vault.ErrDamaged) {
		t.Errorf("with a sealed key that vault.yaml does not name: %v", err)
	}
	v, _ := f.open()
	if err := v.RemoveUnlocker(vault.Passphrase); err != nil {
		t.Fatal(err)
	}
	if _, err := f.finder().ReplaceKey(f.options(), noProgress); err != nil {
		t.Error(err)
	}
}

// The file may be a link, and hold the keys of other vaults.
func TestReplaceKeyInSharedFile(t *testing.T) {
	f := newFixture(t)
	f.create(unlock.KeyFile{Path: f.path("key")})
	foreign := otherKey(t)
	f.write("key", foreign+f.text("key"))
	f.keyFile = f.path("link")
	if err := os.Symlink(f.path("key"), f.keyFile); err != nil {
		t.Skip(err)
	}
	if _, err := f.finder().ReplaceKey(f.options(), noProgress); err != nil {
		t.Fatal(err)
	}
	f.wantRead()
	if !strings.HasPrefix(f.text("key"), foreign) {
		t.Error("the key of the other vault is gone")
	}
	if target, err := os.Readlink(f.keyFile); err != nil || target != f.path("key") {
		t.Errorf("the link is %q, %v", target, err)
	}
	wantFiles(t, f.dir, "key", "link", "vault")
}

func (f *fixture) open() (*vault.Vault, *crypto.VaultKey) {
	f.t.Helper()
	finder := f.finder()
	key, err := finder.Find()
	if err != nil {
		f.t.Fatal(err)
	}
	v, err := vault.Open(finder.Header, key, f.options())
	if err != nil {
		f.t.Fatal(err)
	}
	return v, key
}

func (f *fixture) add(unlocker unlock.Unlocker) {
	f.t.Helper()
	v, key := f.open()
	if err := unlock.Add(v, key, unlocker); err != nil {
		f.t.Fatal(err)
	}
}

func wantFiles(t *testing.T, dir string, want ...string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, entry := range entries {
		got = append(got, entry.Name())
	}
	if strings.Join(got, " ") != strings.Join(want, " ") {
		t.Errorf("there are %q, not %q", got, want)
	}
}

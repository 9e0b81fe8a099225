package unlock_test

import (
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"example.org/secret/crypto"
	"example.org/secret/crypto/keyring"
	"example.org/secret/crypto/session"
	"example.org/secret/vault"
	"example.org/secret/vault/unlock"
)

// lowWork keeps the tests quick.
const lowWork = unlock.Work(1)

// memoryKeyring is a keyring in memory.
type memoryKeyring struct {
	entries map[string]string
	err     error                // of each call, if not nil
	setErr  func(n int) error    // of the nth call of Set
	forgets func(id string) bool // Set returns ErrNotStored
	sets    int
}

func (k *memoryKeyring) Get(account string) (string, error) {
	value, ok := k.entries[account]
	if k.err == nil && !ok {
		return "", keyring.ErrNotFound
	}
	return value, k.err
}

func (k *memoryKeyring) Set(account, value string) error {
	k.sets++
	if k.err != nil {
		return k.err
	}
	if k.setErr != nil {
		if err := k.setErr(k.sets); err != nil {
			return err
		}
	}
	if k.forgets != nil && k.forgets(account) {
		return keyring.ErrNotStored
	}
	k.entries[account] = value
	return nil
}

func (k *memoryKeyring) Delete(account string) error {
	delete(k.entries, account)
	return k.err
}

// memorySessions are sessions in memory.
type memorySessions map[string]string

func (s memorySessions) Open(id, key string, _ time.Duration) error {
	s[id] = key
	return nil
}

func (s memorySessions) Get(id string) (string, error) {
	if key, ok := s[id]; ok {
		return key, nil
	}
	return "", session.ErrClosed
}

func (s memorySessions) Close(id string) error {
	delete(s, id)
	return nil
}

// fakeAge seals by naming the file that opens it again.
func fakeAge(action unlock.AgeAction, path string, input []byte) ([]byte, error) {
	if action == unlock.Encrypt {
		return []byte(path + "\n" + string(input)), nil
	}
	sealedTo, text, _ := strings.Cut(string(input), "\n")
	if sealedTo != path {
		return nil, vault.Errorf(vault.ErrNoKey, "age did not get through with %s", path)
	}
	return []byte(text), nil
}

// fixture is a vault and the places outside of it.
type fixture struct {
	t        *testing.T
	dir      string // of all files
	keyring  *memoryKeyring
	sessions memorySessions
	keyFile  string // the one that the user names
	typed    []string
	asked    []string
	warned   []string
	set      *unlock.Set
}

func newFixture(t *testing.T) *fixture {
	t.Helper()
	set, err := unlock.NewSet(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return &fixture{
		t: t, dir: t.TempDir(), keyring: &memoryKeyring{entries: map[string]string{}},
		sessions: memorySessions{}, set: set,
	}
}

func (f *fixture) path(name string) string { return filepath.Join(f.dir, name) }

// ask types the next of the lines that a test gave.
func (f *fixture) ask(question string) (string, error) {
	f.asked = append(f.asked, question)
	if len(f.typed) == 0 {
		return "", unlock.ErrCannotAsk
	}
	typed := f.typed[0]
	f.typed = f.typed[1:]
	return typed, nil
}

// create makes the vault with the unlockers of the fixture's set.
func (f *fixture) create(unlockers ...unlock.Unlocker) {
	f.t.Helper()
	for _, unlocker := range unlockers {
		if err := f.set.Add(unlocker); err != nil {
			f.t.Fatal(err)
		}
	}
	if err := f.set.Create(f.path("vault"), f.options()); err != nil {
		f.t.Fatal(err)
	}
	key, err := crypto.DeriveVaultKey(f.set.Master, f.set.ID, rand.Reader)
	if err != nil {
		f.t.Fatal(err)
	}
	v, err := vault.Open(f.header(), key, f.options())
	if err != nil {
		f.t.Fatal(err)
	}
	_, err = v.Upsert("name", func(s *vault.Secret) error {
		return s.Add(vault.NewVersion{Kind: vault.Plaintext, Value: vault.Value{Plain: vault.Bytes("the " +
			"value")}, Origin: vault.OriginSet})
	})
	if err != nil {
		f.t.Fatal(err)
	}
}

func (f *fixture) options() vault.Options {
	return vault.Options{Now: time.Now, Rand: rand.Reader, History: 10, LockTimeout: time.Minute}
}

func (f *fixture) header() *vault.Header {
	f.t.Helper()
	header, err := vault.ReadHeader(f.path("vault"))
	if err != nil {
		f.t.Fatal(err)
	}
	return header
}

// finder returns a finder with all sources.
func (f *fixture) finder() *unlock.Finder {
	f.t.Helper()
	return &unlock.Finder{
		Header: f.header(),
		Sources: []unlock.Source{
			unlock.KeyFile{Path: f.keyFile},
			unlock.Credential{Dir: f.path("credentials")},
			unlock.Session{Store: f.sessions},
			unlock.Keyring{Store: f.keyring},
			unlock.Identity{SSHKeys: []string{f.path("id_ed25519")}, Age: fakeAge},
			unlock.Passphrase{Ask: f.ask, Work: lowWork},
		},
		Rand: rand.Reader, Now: time.Now, Timeout: time.Minute,
		Warn: func(text string) { f.warned = append(f.warned, text) },
	}
}

// read reads the secret of the vault with the key that is found.
func (f *fixture) read() error {
	f.t.Helper()
	finder := f.finder()
	key, err := finder.Find()
	if err != nil {
		return err
	}
	v, err := vault.Open(finder.Header, key, f.options())
	if err != nil {
		return err
	}
	s, err := v.Get("name")
	if err == nil && string(s.Versions[0].Plain) != "the value" {
		err = fmt.Errorf("the value is %q", s.Versions[0].Plain)
	}
	return err
}

func (f *fixture) wantRead() {
	f.t.Helper()
	if err := f.read(); err != nil {
		f.t.Error(err)
	}
}

// wantRefusal expects ErrNoKey with all of the given words.
func wantRefusal(t *testing.T, err error, words ...string) {
	t.Helper()
	if !errors.Is(err, vault.ErrNoKey) {
		t.Errorf("the error is no ErrNoKey: %v", err)
		return
	}
	for _, word := range words {
		if !strings.Contains(err.Error(), word) {
			t.Errorf("the error does not say %q: %v", word, err)
		}
	}
}

func (f *fixture) write(name, text string) string {
	f.t.Helper()
	path := f.path(name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		f.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		f.t.Fatal(err)
	}
	return path
}

func (f *fixture) text(name string) string {
	f.t.Helper()
	text, err := os.ReadFile(f.path(name))
	if err != nil {
		f.t.Fatal(err)
	}
	return string(text)
}

func otherKey(t *testing.T) string {
	t.Helper()
	master, err := crypto.GenerateMasterKey()
	if err != nil {
		t.Fatal(err)
	}
	return master.Reveal() + "\n"
}

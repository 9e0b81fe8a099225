package unlock_test

import (
	"crypto/rand"
	"errors"
	"os"
	"strings"
	"testing"

	"example.org/secret/crypto"
	"example.org/secret/crypto/keyring"
	"example.org/secret/vault"
	"example.org/secret/vault/unlock"
)

func TestEachSourceFindsTheKey(t *testing.T) {
	for name, test := range map[string]struct {
		create func(f *fixture) unlock.Unlocker
		find   func(f *fixture)
	}{
		"key file": {
			func(f *fixture) unlock.Unlocker { return unlock.KeyFile{Path: f.path("new/key")} },
			func(f *fixture) { f.keyFile = f.path("new/key") },
		},
		"credential": {
			func(f *fixture) unlock.Unlocker { return unlock.KeyFile{Path: f.path("credentials/secret-key")} },
			func(f *fixture) {},
		},
		"session": {
			func(f *fixture) unlock.Unlocker { return unlock.KeyFile{Path: f.path("key")} },
			func(f *fixture) { f.sessions[f.set.ID] = f.set.Master.Reveal() },
		},
		"keyring": {
			func(f *fixture) unlock.Unlocker { return unlock.Keyring{Store: f.keyring} },
			func(f *fixture) {},
		},
		"named identity": {
			func(f *fixture) unlock.Unlocker {
				return unlock.Identity{Path: f.write("identity", "AGE-PLUGIN-X"), Age: fakeAge}
			},
			func(f *fixture) { f.keyFile = f.path("identity") },
		},
		"ssh key": {
			func(f *fixture) unlock.Unlocker {
				return unlock.Identity{Path: f.write("id_ed25519", "-----BEGIN"), Age: fakeAge}
			},
			func(f *fixture) {},
		},
		"passphrase": {
			func(f *fixture) unlock.Unlocker {
				f.typed = []string{"correct horse", "correct horse"}
				return unlock.Passphrase{Ask: f.ask, Work: lowWork}
			},
			func(f *fixture) { f.typed = []string{"wrong", "correct horse"} },
		},
		"recovery sheet": {
			func(f *fixture) unlock.Unlocker {
				return unlock.Recovery{Rand: rand.Reader, Work: lowWork, Show: func(words string, opens func(string) bool) error {
					f.typed = []string{words}
					if opens("other words") || !opens(words) {
						return errors.New("the proof is none")
					}
					return nil
				}}
			},
			func(f *fixture) {},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			f.create(test.create(f))
			test.find(f)
			f.wantRead()
		})
	}
}

// The first source that has a key decides.
func TestSourcesInTheirOrder(t *testing.T) {
	f := newFixture(t)
	f.create(unlock.KeyFile{Path: f.path("key")}, unlock.Keyring{Store: f.keyring})
	f.wantRead()
	f.keyFile = f.write("foreign", otherKey(t))
	wantRefusal(t, f.read(), "foreign holds the key of another vault than")
	f.keyFile = f.path("missing")
	wantRefusal(t, f.read(), "there is no file", "missing")
	f.keyFile = ""
	f.write("credentials/secret-key", "no key")
	wantRefusal(t, f.read(), "credentials/secret-key is not a master key")
}

func TestSessionThatOutlivesItsKeyIsPassedOver(t *testing.T) {
	f := newFixture(t)
	f.create(unlock.Keyring{Store: f.keyring})
	f.sessions[f.set.ID] = otherKey(t)
	f.wantRead()
	f.keyring.entries = nil
	wantRefusal(t, f.read(), "no --key-file or SECRET_KEY_FILE; ", "the session that secret unlock opened holds the "+
		"key of another vault", "no such entry")
}

func TestAdviceWithoutKey(t *testing.T) {
	for name, test := range map[string]struct {
		unlocker vault.Unlocker
		err      error
		want     string
	}{
		"locked": {vault.Keyring, keyring.ErrLocked, "; unlock the keyring, or give the key with --key-file"},
		"unavailable": {vault.Keyring, keyring.ErrUnavailable, "; give the key with --key-file (secret key add key-file " +
			"PATH makes the file, where the keyring is)"},
		"lost": {vault.Keyring, nil, "; give the key with --key-file"},
		"passphrase": {vault.Passphrase, nil, "; run secret unlock at a terminal and give the passphrase, or give the " +
			"key with --key-file"},
		"identity": {vault.Identity, nil, "; name the SSH key or age identity file with --key-file"},
	} {
		f := newFixture(t)
		f.set.Sealed[test.unlocker] = nil
		if test.unlocker != vault.Keyring {
			f.set.Sealed[test.unlocker] = []byte("sealed")
		}
		f.create()
		f.keyring.err = test.err
		if err := f.read(); err == nil || !strings.HasSuffix(err.Error(), test.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A user who only forgot to name the key file learns it before looking for the sheet.
func TestRecoveryQuestionNamesPlacesWithoutKey(t *testing.T) {
	f := newFixture(t)
	f.set.Sealed[vault.Recovery] = []byte("sealed")
	f.create()
	_ = f.read()
	if len(f.asked) != 1 || !strings.HasPrefix(f.asked[0], "No key found (no --key-file or SECRET_KEY_FILE; ") {
		t.Errorf("it asks %q", f.asked)
	}
}

func TestPassphraseTakesWork(t *testing.T) {
	set, err := unlock.NewSet(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	ask := func(string) (string, error) { return "correct horse", nil }
	sealed, err := unlock.Passphrase{Ask: ask}.SealToNew(set.Master)
	if err != nil {
		t.Fatal(err)
	}
	// See the scrypt recipient stanza of the age specification.
	if header, _, _ := strings.Cut(string(sealed), "\n---"); !strings.Contains(header, "\n-> scrypt ") ||
		!strings.Contains(header, " 18\n") {
		t.Errorf("the header is\n%s", header)
	}
}

// A passphrase is the last resort also where a file was named that does not fit.
func TestPassphraseAfterRefusal(t *testing.T) {
	f := newFixture(t)
	sealed, err := crypto.SealWithPassphrase("correct horse", 1, f.set.Master)
	if err != nil {
		t.Fatal(err)
	}
	f.set.Sealed[vault.Passphrase] = sealed
	f.create()
	f.keyFile = f.path("missing")
	f.typed = []string{"wrong", "correct horse"}
	f.wantRead()
	if len(f.warned) != 1 || len(f.asked) != 2 {
		t.Errorf("it asks %q and warns %q", f.asked, f.warned)
	}
	f.typed = []string{"a", "b", "c", "correct horse"}
	wantRefusal(t, f.read(), "wrong passphrase for the vault ")
	interrupted := errors.New("interrupted")
	finder := f.finder()
	finder.Sources = []unlock.Source{unlock.Passphrase{Ask: func(string) (string, error) { return "", interrupted }}}
	if _, err := finder.Find(); !errors.Is(err, interrupted) {
		t.Errorf("after an interruption: %v", err)
	}
}

// The key is replaced after the finder read the header.
func TestKeyReplacedMeanwhile(t *testing.T) {
	f := newFixture(t)
	f.create(unlock.KeyFile{Path: f.path("key")})
	f.keyFile = f.path("key")
	late := f.finder()
	if _, err := f.finder().ReplaceKey(f.options(), noProgress); err != nil {
		t.Fatal(err)
	}
	key, err := late.Find()
	if err != nil {
		t.Fatal(err)
	}
	if late.Header.Check != key.Check() {
		t.Error("the header is not the one of the key")
	}
}

func TestSetUndoes(t *testing.T) {
	f := newFixture(t)
	path := f.path("key")
	for _, unlocker := range []unlock.Unlocker{unlock.KeyFile{Path: path}, unlock.Keyring{Store: f.keyring}} {
		if err := f.set.Add(unlocker); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.set.Add(unlock.KeyFile{Path: path}); !errors.Is(err, vault.ErrExists) {
		t.Errorf("a key file over another: %v", err)
	}
	cause := errors.New("no vault")
	if err := f.set.Undo(cause); !errors.Is(err, cause) || err.Error() != "no vault" {
		t.Error(err)
	}
	if _, err := os.Stat(path); err == nil || len(f.keyring.entries) > 0 {
		t.Errorf("the key is left: %v, %v", err, f.keyring.entries)
	}
}

// A keyring that claims to store the key, and does not, may have stored another text.
func TestSetUndoesKeyringThatForgets(t *testing.T) {
	f := newFixture(t)
	f.keyring.entries[f.set.ID] = "mangled"
	f.keyring.forgets = func(string) bool { return true }
	err := f.set.Add(unlock.Keyring{Store: f.keyring})
	wantRefusal(t, err)
	refusal, ok := errors.AsType[*unlock.KeyringError](err)
	if !ok || len(f.keyring.entries) > 0 {
		t.Errorf("%v; the keyring has %v", err, f.keyring.entries)
	}
	wantRefusal(t, refusal.Instead("use a file"), "nothing was changed; use a file")
	refusal.Cause = keyring.ErrLocked
	wantRefusal(t, refusal.Instead("use a file"), "nothing was changed; unlock it, or use a file")
}

func TestIdentityIsProved(t *testing.T) {
	f := newFixture(t)
	wantError := func(unlocker unlock.Identity, kind error) {
		t.Helper()
		if err := f.set.Add(unlocker); !errors.Is(err, kind) {
			t.Errorf("%s: %v", unlocker.Path, err)
		}
	}
	path := f.write("identity", "AGE-PLUGIN-X")
	wantError(unlock.Identity{Path: path + ".pub", Age: fakeAge}, vault.ErrInvalid)
	wantError(unlock.Identity{Path: path + "s", Age: fakeAge}, vault.ErrNoKey)
	echo := func(_ unlock.AgeAction, _ string, input []byte) ([]byte, error) { return append(input, 'x'), nil }
	wantError(unlock.Identity{Path: path, Age: echo}, vault.ErrNoKey)
	if len(f.set.Sealed) > 0 {
		t.Errorf("the set has %v", f.set.Sealed)
	}
}

// Completion must not make a key ask for a touch.
func TestUnattendedPluginIsNotUsed(t *testing.T) {
	f := newFixture(t)
	f.create(unlock.Identity{Path: f.write("identity", "AGE-PLUGIN-X"), Age: fakeAge})
	finder := f.finder()
	finder.Sources = []unlock.Source{
		unlock.KeyFile{Path: f.path("identity")},
		unlock.Identity{Age: fakeAge, Unattended: true},
		unlock.Passphrase{},
	}
	_, err := finder.Find()
	wantRefusal(t, err, "identity may ask for a PIN or a touch")
}

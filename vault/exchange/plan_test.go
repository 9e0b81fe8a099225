package exchange_test

import (
	"context"
	"crypto/rand"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"example.org/secret/crypto"
	"example.org/secret/vault"
	"example.org/secret/vault/exchange"
)

// planVault is a vault with a plaintext secret "taken".
func planVault(t *testing.T) *vault.Vault {
	t.Helper()
	id, err := vault.NewID(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	master, err := crypto.GenerateMasterKey()
	if err != nil {
		t.Fatal(err)
	}
	key, err := crypto.DeriveVaultKey(master, id, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	options := vault.Options{Now: time.Now, Rand: rand.Reader, History: 100, LockTimeout: time.Minute}
	v, err := vault.Create(filepath.Join(t.TempDir(), "vault"), id, key, nil, options)
	if err == nil {
		err = store(v, exchange.Fail, plain("taken", "old"))
	}
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func plain(name, value string) exchange.Entry {
	return exchange.Entry{Name: name, Kind: vault.Plaintext, Value: vault.Value{Plain: vault.Bytes(value)}}
}

func store(v *vault.Vault, onClash exchange.Action, entries ...exchange.Entry) error {
	plan, err := exchange.NewPlan(v, "", onClash, entries)
	if err != nil {
		return err
	}
	return plan.Store(context.Background(), func(int) {})
}

func TestPlan(t *testing.T) {
	for action, want := range map[exchange.Action]string{
		exchange.Skip:      "old",
		exchange.Version:   "old new",
		exchange.Overwrite: "new",
	} {
		t.Run(string(action), func(t *testing.T) {
			v := planVault(t)
			if err := store(v, action, plain("taken", "new"), plain("übung", "u")); err != nil {
				t.Fatal(err)
			}
			s, err := v.Get("taken")
			if err != nil {
				t.Fatal(err)
			}
			var values []string
			for _, version := range s.Versions {
				values = append(values, string(version.Plain))
			}
			if got := strings.Join(values, " "); got != want {
				t.Errorf("the versions are %s, want %s", got, want)
			}
			listing, err := v.List()
			if err != nil || len(listing.Secrets) != 2 {
				t.Fatalf("there are %d secrets (%v)", len(listing.Secrets), err)
			}
			for _, s := range listing.Secrets {
				if s.Name != "taken" && s.Tags()[exchange.TitleTag] != "übung" {
					t.Errorf("%s has the tags %q", s.Name, s.Tags())
				}
			}
		})
	}
}

func TestPlanRefuses(t *testing.T) {
	v := planVault(t)
	for name, c := range map[string]struct {
		entries []exchange.Entry
		want    error
		text    string
	}{
		"a name that is taken": {
			[]exchange.Entry{plain("new", "n"), plain("taken", "x")},
			vault.ErrExists,
			`named "taken" already; nothing was stored`,
		},
		"a name given twice": {
			[]exchange.Entry{plain("a b", "n"), plain("a-b", "x")},
			vault.ErrInvalid,
			`would both be named "a-b"`,
		},
		"a value too large": {[]exchange.Entry{
			plain("new", "n"),
			plain("large", strings.Repeat("x", vault.MaxValueSize+1)),
		}, vault.ErrInvalid, "nothing was stored"},
	} {
		if err := store(v, exchange.Fail, c.entries...); !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.text) {
			t.Errorf("%s: %v", name, err)
		}
	}
	// The name is taken only after the plan was made.
	plan, err := exchange.NewPlan(v, "", exchange.Fail, []exchange.Entry{plain("new", "mine")})
	if err == nil {
		err = store(v, exchange.Fail, plain("new", "theirs"))
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := plan.Store(context.Background(), func(int) {}); !errors.Is(err, vault.ErrExists) {
		t.Errorf("another process made it: %v", err)
	}
	// A check stores nothing.
	plan, err = exchange.NewPlan(v, "", exchange.Fail, []exchange.Entry{plain("other", "x")})
	if err == nil {
		err = plan.Check(context.Background(), func(int) {})
	}
	if err != nil {
		t.Fatal(err)
	}
	if _, err := v.Get("other"); !errors.Is(err, vault.ErrNoSecret) {
		t.Errorf("after a check: %v", err)
	}
}

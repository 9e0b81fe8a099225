package vault_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"example.org/secret/vault"
)

// The parts of a secret that only AWS's API uses come back, from the file and from a
// listing.
func TestWhatAWSKeepsInASecret(t *testing.T) {
	v, dir, c := newVault(t)
	out := options(c)
	out.CacheFile = filepath.Join(t.TempDir(), "list")
	newKey(t, v, "payroll", nil)
	c.add(7*time.Millisecond + 900*time.Microsecond)
	n := text("one", "blue")
	n.ID, n.Origin = strings.Repeat("t", 32), vault.OriginAPI
	made, err := v.Upsert("s", func(s *vault.Secret) error {
		if err := s.SetKey("payroll"); err != nil {
			return err
		}
		s.KMSKeyID = "alias/payroll"
		if err := s.SetResourcePolicy(`{"Version": 1}`); err != nil {
			return err
		}
		return s.Add(n)
	})
	if err != nil {
		t.Fatal(err)
	}
	c.add(time.Millisecond)
	set(t, v, "s", "two")
	if s := update(t, v, "s", func(s *vault.Secret) error { return s.SetKey("payroll") }); s.KMSKeyID != "alias/payroll" {
		t.Error("to choose the same key forgets its name")
	}
	c.now = time.Now().Add(time.Hour) // the cache trusts no fresh file
	for what, open := range map[string]func() (vault.Meta, map[vault.Label]string){
		"file": func() (vault.Meta, map[vault.Label]string) {
			s, err := openVault(t, dir, out).Get("s")
			if err != nil || s.ResourcePolicy != `{"Version": 1}` || s.Versions[0].Origin != vault.OriginAPI {
				t.Fatalf("%+v, %v", s, err)
			}
			ids := map[vault.Label]string{}
			for label, number := range s.Labels {
				ids[label] = version(t, s, number).ID
			}
			return s.Meta, ids
		},
		"listing": func() (vault.Meta, map[vault.Label]string) { return metaInList(t, openVault(t, dir, out), "s") },
		"cache":   func() (vault.Meta, map[vault.Label]string) { return metaInList(t, openVault(t, dir, out), "s") },
	} {
		meta, ids := open()
		if !meta.Created.Equal(start.Add(7*time.Millisecond)) || !meta.Changed.Equal(start.Add(8*time.Millisecond)) {
			t.Errorf("%s: created %v, changed %v", what, meta.Created, meta.Changed)
		}
		if meta.KMSKeyID != "alias/payroll" || meta.Tags != nil {
			t.Errorf("%s: %+v", what, meta)
		}
		if ids["blue"] != n.ID || ids[vault.Previous] != n.ID || ids[vault.Current] == n.ID || len(ids) != 3 {
			t.Errorf("%s: %v", what, ids)
		}
	}
	if !made.Versions[0].Created.Equal(made.Created) {
		t.Error(made.Versions[0].Created)
	}
	if s := update(t, v, "s", func(s *vault.Secret) error { return s.SetKey("") }); s.KMSKeyID != "" {
		t.Error("the name of another key stays")
	}
}

func metaInList(t testing.TB, v *vault.Vault, name vault.Name) (vault.Meta, map[vault.Label]string) {
	t.Helper()
	listing, err := v.List()
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range listing.Secrets {
		if s.Name == name {
			return s.Meta(), s.VersionIDs()
		}
	}
	t.Fatalf("%s is not listed", name)
	return vault.Meta{}, nil
}

// A secret that lost its last tag is told apart from one that never had any.
func TestTagsThatAreGone(t *testing.T) {
	v, dir, c := newVault(t)
	out := options(c)
	out.CacheFile = filepath.Join(t.TempDir(), "list")
	set(t, v, "s", "one")
	update(t, v, "s", func(s *vault.Secret) error { return s.Tag("a", "b") })
	update(t, v, "s", func(s *vault.Secret) error { return s.Untag("a") })
	s, err := v.Get("s")
	if err != nil || s.Tags == nil || len(s.Tags) != 0 {
		t.Errorf("%#v, %v", s.Tags, err)
	}
	c.now = time.Now().Add(time.Hour) // the cache trusts no fresh file
	for range 2 {
		if meta, _ := metaInList(t, openVault(t, dir, out), "s"); meta.Tags == nil || len(meta.Tags) != 0 {
			t.Errorf("%#v in the listing", meta.Tags)
		}
	}
}

// AWS counts characters.
func TestLimitsAreInCharacters(t *testing.T) {
	v, _, _ := newVault(t)
	long := func(n int) string { return strings.Repeat("한", n) }
	update := func(change func(*vault.Secret) error) error {
		set(t, v, "s", "one")
		_, err := v.Update("s", change)
		return err
	}
	for _, extra := range []int{0, 1} {
		want := []error{nil, vault.ErrInvalid}[extra]
		wantError(t, update(func(s *vault.Secret) error { return s.SetDescription(long(2048 + extra)) }), want)
		wantError(t, update(func(s *vault.Secret) error { return s.Tag(long(128+extra), "") }), want)
		wantError(t, update(func(s *vault.Secret) error { return s.Tag("k", long(256+extra)) }), want)
		wantError(t, update(func(s *vault.Secret) error { return s.SetResourcePolicy(long(20480 + extra)) }), want)
	}
}

// Failures of one kind in the command line are several kinds for AWS's API.
func TestKindsOfFailure(t *testing.T) {
	v, _, _ := newVault(t)
	set(t, v, "s", "one")
	for what, test := range map[string]struct {
		change      func(*vault.Secret) error
		limit, rule bool
	}{
		"a long description": {
			func(s *vault.Secret) error { return s.SetDescription(strings.Repeat("d", 2049)) },
			false, false,
		},
		"a tag too many": {func(s *vault.Secret) error {
			for i := range 51 {
				if err := s.Tag(fmt.Sprint(i), ""); err != nil {
					return err
				}
			}
			return nil
		}, true, false},
		"a value too large": {
			func(s *vault.Secret) error { return s.Add(text(strings.Repeat("x", vault.MaxValueSize+1))) },
			true, false,
		},
		"another kind": {func(s *vault.Secret) error {
			return s.Add(vault.NewVersion{Kind: vault.KV, Value: vault.Value{Fields: map[string]vault.Bytes{"a": nil}}})
		}, false, true},
	} {
		_, err := v.Update("s", test.change)
		wantError(t, err, vault.ErrInvalid)
		for kind, want := range map[error]bool{vault.ErrLimit: test.limit, vault.ErrRule: test.rule} {
			if is := errors.Is(err, kind); is != want {
				t.Errorf("%s: %v is of the kind %v: %v", what, err, kind, is)
			}
		}
	}
	update(t, v, "s", func(s *vault.Secret) error { return s.ScheduleDeletion(7) })
	_, err := v.Upsert("s", func(*vault.Secret) error { return nil })
	wantError(t, err, vault.ErrExists)
	wantError(t, err, vault.ErrDeleted)
	_, err = v.UpdateMeta("s", func(s *vault.Secret) error { return s.Tag("a", "b") })
	wantError(t, err, vault.ErrDeleted)
}

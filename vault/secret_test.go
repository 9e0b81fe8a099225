package vault_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"example.org/secret/vault"
)

const day = 24 * time.Hour

func TestVersions(t *testing.T) {
	v, _, c := newVault(t)
	set(t, v, "s", "one")
	c.add(time.Hour)
	s := update(t, v, "s", func(s *vault.Secret) error {
		n := text("two")
		n.ID, n.Origin, n.From = aUUID, vault.OriginRollback, 1
		return s.Add(n)
	})
	if s.Revision != 2 || !s.Created.Equal(start) || !s.Changed.Equal(start.Add(time.Hour)) || len(s.Versions) != 2 {
		t.Errorf("%+v", s)
	}
	two := s.Versions[1]
	if two.Number != 2 || two.ID != aUUID || two.From != 1 || two.Origin != vault.OriginRollback ||
		!two.Created.Equal(start.Add(time.Hour)) {
		t.Errorf("%+v", two)
	}
	for _, sel := range []vault.Selector{{}, {Number: 2}, {ID: aUUID}, {Label: vault.Current}} {
		if found, err := s.Find(sel); err != nil || found.Number != 2 {
			t.Errorf("%v: %+v, %v", sel, found, err)
		}
	}
	for _, sel := range []vault.Selector{{Number: 3}, {ID: testVaultID}, {Label: "nowhere"}, {Label: vault.Pending}} {
		found, err := s.Find(sel)
		wantError(t, err, vault.ErrNotFound)
		if found.Number != 0 || found.Plain != nil {
			t.Errorf("%v: %+v", sel, found)
		}
	}
}

func TestNamesThatAreNotThere(t *testing.T) {
	v, _, _ := newVault(t)
	set(t, v, "s", "one")
	_, err := v.Get("t")
	wantError(t, err, vault.ErrNotFound)
	_, err = v.Update("t", func(*vault.Secret) error { t.Error("called"); return nil })
	wantError(t, err, vault.ErrNotFound)
	wantError(t, v.Remove("t"), vault.ErrNotFound)
	_, err = v.Rename("t", "u")
	wantError(t, err, vault.ErrNotFound)
	_, err = v.Upsert("t", func(*vault.Secret) error { return nil })
	wantError(t, err, vault.ErrInvalid) // a secret without a value
	if names := listed(t, v); !slices.Equal(names, []vault.Name{"s"}) {
		t.Error(names)
	}
}

func TestNothingIsCommittedAfterAnError(t *testing.T) {
	v, dir, _ := newVault(t)
	set(t, v, "s", "one")
	before := readFile(t, pathOf(t, dir, "s"))
	broken := errors.New("broken")
	_, err := v.Update("s", func(s *vault.Secret) error {
		if err := s.Add(text("two")); err != nil {
			return err
		}
		return broken
	})
	wantError(t, err, broken)
	if _, err := v.Update("s", func(s *vault.Secret) error { return vault.ErrUnchanged }); err != nil {
		t.Error(err)
	}
	if string(readFile(t, pathOf(t, dir, "s"))) != string(before) {
		t.Error("the file was written")
	}
	wantValue(t, v, "s", "one")
}

func TestTags(t *testing.T) {
	v, _, _ := newVault(t)
	set(t, v, "s", "one")
	tag := func(key, value string) func(*vault.Secret) error {
		return func(s *vault.Secret) error { return s.Tag(key, value) }
	}
	for _, ok := range [][2]string{{"k", ""}, {"k", "é\n"}, {strings.Repeat("k", 128), strings.Repeat("v", 256)}} {
		if s := update(t, v, "s", tag(ok[0], ok[1])); s.Tags[ok[0]] != ok[1] {
			t.Errorf("%v", s.Tags)
		}
	}
	for _, bad := range [][2]string{
		{"", "v"},
		{strings.Repeat("k", 129), ""},
		{"k", strings.Repeat("v", 257)},
		{"\xff", ""},
		{"k", "\xff"},
	} {
		_, err := v.Update("s", tag(bad[0], bad[1]))
		wantError(t, err, vault.ErrInvalid)
	}
	for i := range 48 {
		update(t, v, "s", tag(fmt.Sprint(i), ""))
	}
	_, err := v.Update("s", tag("one too many", ""))
	wantError(t, err, vault.ErrInvalid)
	update(t, v, "s", tag("k", "replaced"))
	_, err = v.Update("s", func(s *vault.Secret) error { return s.Untag("one too many") })
	wantError(t, err, vault.ErrNotFound)
	s := update(t, v, "s", func(s *vault.Secret) error { return s.Untag("k") })
	if _, ok := s.Tags["k"]; ok || len(s.Tags) != 49 {
		t.Errorf("%d tags", len(s.Tags))
	}
}

func TestDescription(t *testing.T) {
	v, _, _ := newVault(t)
	set(t, v, "s", "one")
	for _, ok := range []string{"", "what\nit is for\x1b[2J", strings.Repeat("d", 2048)} {
		update(t, v, "s", func(s *vault.Secret) error { return s.SetDescription(ok) })
		if s, err := v.Get("s"); err != nil || s.Description != ok {
			t.Errorf("%.30q: %v", ok, err)
		}
	}
	// Not even a byte of it would survive as it is.
	for _, bad := range []string{strings.Repeat("d", 2049), "caf\xe9"} {
		_, err := v.Update("s", func(s *vault.Secret) error { return s.SetDescription(bad) })
		wantError(t, err, vault.ErrInvalid)
	}
}

func TestDeletion(t *testing.T) {
	v, dir, c := newVault(t)
	set(t, v, "s", "one")
	for _, days := range []int{-1, 0, 6, 31} {
		_, err := v.Update("s", func(s *vault.Secret) error { return s.ScheduleDeletion(days) })
		wantError(t, err, vault.ErrInvalid)
	}
	s := update(t, v, "s", func(s *vault.Secret) error { return s.ScheduleDeletion(7) })
	if !s.Deletion.Due.Equal(start.Add(7*day)) || !errors.Is(s.Deleted(), vault.ErrDeleted) {
		t.Errorf("%+v", s.Deletion)
	}
	// It keeps its name and can be looked at, but nothing can be changed.
	_, err := v.Upsert("s", func(s *vault.Secret) error { return s.Add(text("two")) })
	wantError(t, err, vault.ErrExists)
	for what, change := range map[string]func(s *vault.Secret) error{
		"add":      func(s *vault.Secret) error { return s.Add(text("two")) },
		"label":    func(s *vault.Secret) error { return s.MoveLabel("l", 1, 0) },
		"describe": func(s *vault.Secret) error { return s.SetDescription("d") },
		"tag":      func(s *vault.Secret) error { return s.Tag("k", "v") },
		"delete":   func(s *vault.Secret) error { return s.ScheduleDeletion(30) },
	} {
		if _, err := v.Update("s", change); !errors.Is(err, vault.ErrDeleted) {
			t.Errorf("%s: %v", what, err)
		}
	}
	_, err = v.Rename("s", "t")
	wantError(t, err, vault.ErrDeleted)
	set(t, v, "other", "one")
	_, err = v.Rename("other", "s")
	wantError(t, err, vault.ErrExists)

	// Restoring works until the last second.
	c.add(7*day - time.Second)
	if purged, err := v.Purge(); err != nil || len(purged) != 0 {
		t.Errorf("purged %v, %v", purged, err)
	}
	update(t, v, "s", (*vault.Secret).Restore)
	update(t, v, "s", (*vault.Secret).Restore)
	wantValue(t, v, "s", "one")

	// When the window has ended the secret is gone, purged or not.
	update(t, v, "s", func(s *vault.Secret) error { return s.ScheduleDeletion(30) })
	c.add(30 * day)
	_, err = v.Get("s")
	wantError(t, err, vault.ErrNotFound)
	_, err = v.Update("s", (*vault.Secret).Restore)
	wantError(t, err, vault.ErrNotFound)
	if names := listed(t, v); !slices.Equal(names, []vault.Name{"other"}) {
		t.Error(names)
	}
	path := pathOf(t, dir, "s")
	readFile(t, path)
	if purged, err := v.Purge(); err != nil || !slices.Equal(purged, []vault.Name{"s"}) {
		t.Errorf("purged %v, %v", purged, err)
	}
	wantNoFile(t, path)
	wantValue(t, v, "other", "one")
}

func TestNameOfAnExpiredSecretIsFree(t *testing.T) {
	v, _, c := newVault(t)
	old := set(t, v, "s", "one")
	update(t, v, "s", func(s *vault.Secret) error { return s.ScheduleDeletion(7) })
	c.add(7 * day)
	s := set(t, v, "s", "new")
	if s.ID == old.ID || len(s.Versions) != 1 || s.Deletion != nil {
		t.Errorf("%+v", s)
	}
	if purged, err := v.Purge(); err != nil || len(purged) != 0 {
		t.Errorf("purged %v, %v", purged, err)
	}
	wantValue(t, v, "s", "new")
}

func TestRemove(t *testing.T) {
	v, dir, _ := newVault(t)
	set(t, v, "s", "one")
	set(t, v, "scheduled", "one")
	update(t, v, "scheduled", func(s *vault.Secret) error { return s.ScheduleDeletion(7) })
	set(t, v, "damaged", "one")
	writeFile(t, pathOf(t, dir, "damaged"), nil)
	for _, name := range []vault.Name{"s", "scheduled", "damaged"} {
		if err := v.Remove(name); err != nil {
			t.Error(err)
		}
		_, err := v.Get(name)
		wantError(t, err, vault.ErrNotFound)
	}
}

func numbers(s *vault.Secret) []int {
	var all []int
	for _, v := range s.Versions {
		all = append(all, v.Number)
	}
	return all
}

func TestHistory(t *testing.T) {
	_, dir, c := newVault(t)
	out := options(c)
	out.History = 3
	v := openVault(t, dir, out)
	for i := range 6 {
		set(t, v, "s", fmt.Sprint(i))
	}
	s := set(t, v, "s", "last")
	if want := []int{1, 2, 3, 4, 5, 6, 7}; !slices.Equal(numbers(s), want) {
		t.Errorf("versions younger than a day went: %v", numbers(s))
	}
	update(t, v, "s", func(s *vault.Secret) error { return s.MoveLabel("kept", 2, 0) })
	c.add(day - time.Second)
	if s = set(t, v, "s", "a second early"); len(s.Versions) != 8 {
		t.Errorf("a second early: %v", numbers(s))
	}
	c.add(time.Second)
	// 2 has a label, 8 and 9 are previous and current, and of the others the
	// youngest three stay.
	if s = set(t, v, "s", "a day later"); !slices.Equal(numbers(s), []int{2, 5, 6, 7, 8, 9}) {
		t.Errorf("a day later: %v", numbers(s))
	}
	again, err := v.Get("s")
	if err != nil || !slices.Equal(numbers(again), numbers(s)) {
		t.Errorf("on the disk: %v, %v", numbers(again), err)
	}
}

// A clock that was set back makes the newest version the one that is a day old.
// Its number must not be given to another.
func TestNumbersAreNotUsedTwice(t *testing.T) {
	_, dir, c := newVault(t)
	out := options(c)
	out.History = 1
	v := openVault(t, dir, out)
	c.add(365 * day)
	set(t, v, "s", "one")
	set(t, v, "s", "two")
	set(t, v, "s", "three")
	c.add(-365 * day)
	four := set(t, v, "s", "four", "staged")
	update(t, v, "s", func(s *vault.Secret) error { return s.MoveLabel("staged", 0, 4) })
	c.add(2 * day)
	update(t, v, "s", func(s *vault.Secret) error { return s.Tag("k", "v") })
	s := set(t, v, "s", "five")
	if last := s.Versions[len(s.Versions)-1]; last.Number != 5 || last.ID == four.ID {
		t.Errorf("versions %v", numbers(s))
	}
}

// A version keeps the id that its caller gave, and a caller who repeats itself makes no
// second one.
func TestVersionIDsThatAreGiven(t *testing.T) {
	v, dir, c := newVault(t)
	put := func(id, value string, labels ...vault.Label) error {
		n := text(value, labels...)
		n.ID = id
		_, err := v.Upsert("s", func(s *vault.Secret) error { return s.Add(n) })
		return err
	}
	ids := []string{strings.Repeat("A", 32), strings.ToUpper(aUUID), aUUID, "{" + aUUID + "}", strings.Repeat("a ~/", 16)}
	for _, id := range ids {
		wantError(t, put(id, "value of "+id), nil)
	}
	before, err := openVault(t, dir, options(c)).Get("s")
	if err != nil {
		t.Fatal(err)
	}
	for i, id := range ids {
		version, err := before.Find(vault.Selector{ID: id})
		if err != nil || version.Number != i+1 || string(version.Plain) != "value of "+id {
			t.Errorf("%q: %+v, %v", id, version, err)
		}
	}
	wantError(t, put(ids[0], "value of "+ids[0], "blue"), nil)
	wantError(t, put(ids[0], "another"), vault.ErrVersionExists)
	wantError(t, put(ids[0], "another"), vault.ErrExists)
	for _, id := range []string{
		"x", strings.Repeat("a", 31), strings.Repeat("a", 65), aUUID + "\n",
		strings.Repeat("é", 32),
	} {
		wantError(t, put(id, "x"), vault.ErrInvalid)
	}
	if after, err := v.Get("s"); err != nil || after.Revision != before.Revision || describe(after) != describe(before) {
		t.Errorf("%s, %v", describe(after), err)
	}
}

// A secret can be there before its first value, as in AWS.
func TestSecretWithoutValue(t *testing.T) {
	v, dir, c := newVault(t)
	create := func(name vault.Name) error {
		_, err := v.Upsert(name, func(s *vault.Secret) error {
			if err := s.Create(); err != nil {
				return err
			}
			return s.SetDescription("to come")
		})
		return err
	}
	wantError(t, create("s"), nil)
	wantError(t, create("s"), vault.ErrExists)
	for range 2 {
		s, err := openVault(t, dir, options(c)).Get("s")
		if err != nil || !s.Exists() || s.Description != "to come" || s.Kind != vault.Plaintext {
			t.Fatalf("%+v, %v", s, err)
		}
		for _, sel := range []vault.Selector{{}, {Number: 1}, {ID: aUUID}, {Label: vault.Pending}} {
			_, err := s.Find(sel)
			wantError(t, err, vault.ErrNoValue)
			wantError(t, err, vault.ErrNoVersion)
		}
		_, err = v.UpdateMeta("s", func(s *vault.Secret) error { return s.MoveLabel("blue", 1, 0) })
		wantError(t, err, vault.ErrNotFound)
		update(t, v, "s", func(s *vault.Secret) error { return s.Tag("a", "b") })
	}
	if names := listed(t, v); !slices.Equal(names, []vault.Name{"s"}) {
		t.Error(names)
	}
	if _, err := v.Rename("s", "t"); err != nil {
		t.Fatal(err)
	}
	s, err := v.Upsert("t", func(s *vault.Secret) error {
		fields := map[string]vault.Bytes{"a": vault.Bytes("1")}
		return s.Add(vault.NewVersion{
			Kind: vault.KV, Value: vault.Value{Fields: fields}, Origin: vault.OriginSet,
			Labels: []vault.Label{"blue"},
		})
	})
	if err != nil || describe(s) != "1 current blue" || s.Kind != vault.KV {
		t.Errorf("%+v, %v", s, err)
	}
	// The value key of a secret is chosen before its first value as well.
	newKey(t, v, "payroll", nil)
	wantError(t, create("u"), nil)
	update(t, v, "u", func(s *vault.Secret) error { return s.SetKey("payroll") })
	set(t, v, "u", "first")
	if s, err := v.GetMeta("u"); err != nil || s.Versions[0].Plain != nil || s.Versions[0].Sealed == nil {
		t.Errorf("%+v, %v", s, err)
	}
}

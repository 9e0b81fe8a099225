package vault_test

import (
	"path/filepath"
	"slices"
	"testing"

	"example.org/secret/vault"
)

// renamed is the state of the disk at each moment of a rename of a to b.
type renamed struct {
	before, after []byte // a's file before, b's file after
	journal       []byte
}

func renameAndRewind(t *testing.T, v *vault.Vault, dir string) renamed {
	t.Helper()
	var r renamed
	a, b := pathOf(t, dir, "a"), pathOf(t, dir, "b")
	r.before = readFile(t, a)
	if _, err := v.Rename("a", "b"); err != nil {
		t.Fatal(err)
	}
	r.after = readFile(t, b)
	r.journal = []byte(id(a) + " " + id(b) + "\n")
	remove(t, b)
	writeFile(t, a, r.before)
	return r
}

func id(path string) string { return filepath.Base(path)[:32] }

func TestRename(t *testing.T) {
	v, dir, c := newVault(t)
	before := set(t, v, "a", "one")
	set(t, v, "taken", "other")
	for _, to := range []vault.Name{"taken", "a"} {
		_, err := v.Rename("a", to)
		wantError(t, err, vault.ErrExists)
	}
	s, err := v.Rename("a", "b")
	if err != nil || s.Name != "b" || s.ID != before.ID {
		t.Fatalf("%+v, %v", s, err)
	}
	v = openVault(t, dir, options(c))
	_, err = v.Get("a")
	wantError(t, err, vault.ErrNotFound)
	wantValue(t, v, "b", "one")
	if names := listed(t, v); !slices.Equal(names, []vault.Name{"b", "taken"}) {
		t.Error(names)
	}
	wantNoFile(t, filepath.Join(dir, "secrets", ".rename"))

	// The old name is free for another secret, which does not hide this one.
	set(t, v, "a", "another")
	wantValue(t, v, "b", "one")
	wantValue(t, v, "a", "another")
}

func TestRenameThereAndBack(t *testing.T) {
	v, _, _ := newVault(t)
	set(t, v, "a", "one")
	for range 3 {
		for _, names := range [][2]vault.Name{{"a", "b"}, {"b", "a"}} {
			if _, err := v.Rename(names[0], names[1]); err != nil {
				t.Fatal(err)
			}
			wantValue(t, v, names[1], "one")
			if all := listed(t, v); !slices.Equal(all, []vault.Name{names[1]}) {
				t.Fatal(all)
			}
		}
	}
}

// After a crash at each moment of a rename, readers see the old or the new
// state, and the next writer, of whatever secret, makes it so on the disk.
func TestCrashedRename(t *testing.T) {
	type state struct {
		journal, a, b bool
		leftover      string
		want          vault.Name
	}
	for what, test := range map[string]state{
		"journal half written":  {false, true, false, "secrets/.new", "a"},
		"journal written":       {true, true, false, "", "a"},
		"new file half written": {true, true, false, "secrets/.new", "a"},
		"new file written":      {true, true, true, "", "a"},
		"old file removed":      {true, false, true, "", "b"},
		"journal removed":       {false, false, true, "", "b"},
	} {
		for _, back := range []bool{false, true} {
			name := what
			if back {
				name += ", after a rename back"
			}
			t.Run(name, func(t *testing.T) {
				v, dir, c := newVault(t)
				set(t, v, "a", "one")
				if back {
					for _, names := range [][2]vault.Name{{"a", "b"}, {"b", "a"}} {
						if _, err := v.Rename(names[0], names[1]); err != nil {
							t.Fatal(err)
						}
					}
				}
				r := renameAndRewind(t, v, dir)
				if !test.a {
					remove(t, pathOf(t, dir, "a"))
				}
				if test.b {
					writeFile(t, pathOf(t, dir, "b"), r.after)
				}
				if test.journal {
					writeFile(t, filepath.Join(dir, "secrets", ".rename"), r.journal)
				}
				if test.leftover != "" {
					writeFile(t, filepath.Join(dir, test.leftover), r.after[:len(r.after)/2])
				}
				other := map[vault.Name]vault.Name{"a": "b", "b": "a"}[test.want]
				check := func(also ...vault.Name) {
					t.Helper()
					v := openVault(t, dir, options(c))
					wantValue(t, v, test.want, "one")
					_, err := v.Get(other)
					wantError(t, err, vault.ErrNotFound)
					if names := listed(t, v); !slices.Equal(names, append([]vault.Name{test.want}, also...)) {
						t.Error(names)
					}
				}
				check()
				set(t, v, "z", "unrelated")
				check("z")
				wantNoFile(t, pathOf(t, dir, other))
				wantNoFile(t, filepath.Join(dir, "secrets", ".rename"))
				wantNoFile(t, filepath.Join(dir, "secrets", ".new"))
				// Nothing of it is in the way of the next change.
				update(t, v, test.want, func(s *vault.Secret) error { return s.Add(text("two")) })
				if _, err := v.Rename(test.want, other); err != nil {
					t.Fatal(err)
				}
				wantValue(t, v, other, "two")
			})
		}
	}
}

// A journal of nonsense, which takes no key to write, removes nothing.
func TestPlantedRenameJournal(t *testing.T) {
	v, dir, _ := newVault(t)
	set(t, v, "a", "one")
	set(t, v, "b", "two")
	a, b := id(pathOf(t, dir, "a")), id(pathOf(t, dir, "b"))
	for _, journal := range []string{
		"", "\n", "x", a, " " + a, a + " " + b + "\n", b + " " + a, "x ../../../vault",
		a + " " + a + "\x00",
	} {
		writeFile(t, filepath.Join(dir, "secrets", ".rename"), []byte(journal))
		set(t, v, "z", "unrelated")
		wantValue(t, v, "a", "one")
		wantValue(t, v, "b", "two")
		wantNoFile(t, filepath.Join(dir, "secrets", ".rename"))
	}
}

// Renaming onto the name of a secret whose recovery window has ended.
func TestRenameToAnExpiredName(t *testing.T) {
	v, _, c := newVault(t)
	set(t, v, "b", "old")
	update(t, v, "b", func(s *vault.Secret) error { return s.ScheduleDeletion(7) })
	c.add(7 * day)
	set(t, v, "a", "one")
	if _, err := v.Rename("a", "b"); err != nil {
		t.Fatal(err)
	}
	wantValue(t, v, "b", "one")
	if purged, err := v.Purge(); err != nil || len(purged) != 0 {
		t.Errorf("%v, %v", purged, err)
	}
}

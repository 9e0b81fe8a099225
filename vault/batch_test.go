package vault_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"example.org/secret/vault"
)

// setAll gives secrets their index for a value, except where change says else.
func setAll(v *vault.Vault, names []vault.Name, change func(i int, s *vault.Secret) error, progress func(int)) error {
	return v.UpsertAll(context.Background(), names, func(i int, s *vault.Secret) error {
		if change != nil {
			if err := change(i, s); err != nil {
				return err
			}
		}
		return s.Add(text(fmt.Sprint(i)))
	}, progress)
}

// files returns the files in the vault's directory of secrets, with their content.
func files(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	entries, err := os.ReadDir(filepath.Join(dir, "secrets"))
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		all[entry.Name()] = "directory"
		if !entry.IsDir() {
			all[entry.Name()] = string(readFile(t, filepath.Join(dir, "secrets", entry.Name())))
		}
	}
	return all
}

func TestUpsertAll(t *testing.T) {
	v, dir, _ := newVault(t)
	old := set(t, v, "b", "old")
	set(t, v, "same", "kept")
	var told []int
	err := setAll(v, []vault.Name{"a", "b", "same", "c"}, func(i int, s *vault.Secret) error {
		if s.Name == "same" {
			return vault.ErrUnchanged
		}
		return nil
	}, func(done int) { told = append(told, done) })
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(told, []int{1, 2, 3, 4}) {
		t.Errorf("progress was told %v", told)
	}
	for name, want := range map[vault.Name]string{"a": "0", "b": "1", "same": "kept", "c": "3"} {
		wantValue(t, v, name, want)
	}
	b, err := v.Get("b")
	if err != nil || b.ID != old.ID || b.Revision != old.Revision+1 || len(b.Versions) != 2 {
		t.Errorf("b is %+v (%v)", b, err)
	}
	if n := len(files(t, dir)); n != 4 {
		t.Errorf("%d files of 4 secrets", n)
	}
}

func TestUpsertAllChangesNothingOnFailure(t *testing.T) {
	failed := errors.New("failed")
	for _, test := range []struct {
		name  string
		names []vault.Name
		want  error
	}{
		{"change fails", []vault.Name{"a", "new", "fails", "b"}, failed},
		{"name twice", []vault.Name{"new", "a", "new"}, vault.ErrInvalid},
		{"name twice, unchanged", []vault.Name{"unchanged", "a", "unchanged"}, vault.ErrInvalid},
		{"scheduled for deletion", []vault.Name{"new", "a", "deleted"}, vault.ErrExists},
		{"no value", []vault.Name{"a", "empty"}, vault.ErrInvalid},
		{"damaged", []vault.Name{"a", "damaged"}, vault.ErrDamaged},
		// The renaming fails when some files are in their places already.
		{"in the way", []vault.Name{"a", "new", "b", "in-the-way"}, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			v, dir, _ := newVault(t)
			for _, name := range []vault.Name{"a", "b", "unchanged", "deleted", "damaged"} {
				set(t, v, name, "old")
			}
			update(t, v, "deleted", func(s *vault.Secret) error { return s.ScheduleDeletion(7) })
			writeFile(t, pathOf(t, dir, "damaged"), []byte("x"))
			before := files(t, dir)
			obstacle := filepath.Join(pathOf(t, dir, "in-the-way"), "x")
			err := v.UpsertAll(context.Background(), test.names, func(i int, s *vault.Secret) error {
				switch s.Name {
				case "fails":
					return failed
				case "unchanged":
					return vault.ErrUnchanged
				case "empty":
					return nil
				}
				return s.Add(text("new"))
			}, func(done int) {
				if test.want == nil && done == len(test.names) {
					writeFile(t, obstacle, nil)
				}
			})
			if err == nil || test.want != nil && !errors.Is(err, test.want) {
				t.Errorf("error = %v, want %v", err, test.want)
			}
			remove(t, filepath.Dir(obstacle))
			after := files(t, dir)
			if len(after) != len(before) {
				t.Errorf("%d files, before %d", len(after), len(before))
			}
			for name, text := range before {
				if after[name] != text {
					t.Errorf("%s was changed", name)
				}
			}
		})
	}
}

// A batch that was killed before its commit is worthless, and goes with the next change.
func TestStagedFilesAreSwept(t *testing.T) {
	v, dir, _ := newVault(t)
	set(t, v, "a", "1")
	staged := filepath.Join(dir, "secrets", ".staged", filepath.Base(pathOf(t, dir, "b")))
	writeFile(t, staged, readFile(t, pathOf(t, dir, "a")))
	if names := listed(t, v); !slices.Equal(names, []vault.Name{"a"}) {
		t.Errorf("listed: %q", names)
	}
	set(t, v, "a", "2")
	wantNoFile(t, filepath.Dir(staged))
	wantValue(t, v, "a", "2")
}

func TestUpsertAllOfNothingWritesNothing(t *testing.T) {
	v, dir, _ := newVault(t)
	err := setAll(v, []vault.Name{"a"}, func(int, *vault.Secret) error {
		wantNoFile(t, filepath.Join(dir, "secrets", ".staged"))
		return vault.ErrUnchanged
	}, func(int) {})
	if err != nil || len(files(t, dir)) != 0 {
		t.Errorf("%v, and there is %v", err, files(t, dir))
	}
}

func TestUpsertAllStopsWithItsContext(t *testing.T) {
	v, dir, _ := newVault(t)
	set(t, v, "a", "old")
	before := files(t, dir)
	ctx, cancel := context.WithCancel(context.Background())
	err := v.UpsertAll(ctx, []vault.Name{"a", "b", "c"}, func(_ int, s *vault.Secret) error { return s.Add(text("new")) },
		func(done int) {
			if done == 2 {
				cancel()
			}
		})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error = %v", err)
	}
	if after := files(t, dir); !maps.Equal(after, before) {
		t.Errorf("there is %v, before %v", after, before)
	}
}

// A batch whose writer died after the commit, when it had moved some of its files, is
// done for every reader, and the next writer moves the others.
func TestCommittedBatchIsDone(t *testing.T) {
	v, dir, _ := newVault(t)
	for _, name := range []vault.Name{"a", "b", "c"} {
		set(t, v, name, "old")
	}
	other, otherDir, _ := newVault(t) // of the same key
	if err := setAll(other, []vault.Name{"a", "b", "new"}, nil, func(int) {}); err != nil {
		t.Fatal(err)
	}
	committed := filepath.Join(dir, "secrets", ".placing")
	for _, name := range []vault.Name{"b", "new"} {
		writeFile(t, filepath.Join(committed, filepath.Base(pathOf(t, dir, name))), readFile(t, pathOf(t, otherDir, name)))
	}
	writeFile(t, pathOf(t, dir, "a"), readFile(t, pathOf(t, otherDir, "a")))
	check := func(when string) {
		t.Helper()
		for name, want := range map[vault.Name]string{"a": "0", "b": "1", "c": "old", "new": "2"} {
			wantValue(t, v, name, want)
		}
		if names := listed(t, v); !slices.Equal(names, []vault.Name{"a", "b", "c", "new"}) {
			t.Errorf("%s: listed %q", when, names)
		}
	}
	check("before the next writer")
	set(t, v, "c", "old")
	check("after it")
	wantNoFile(t, committed)
}

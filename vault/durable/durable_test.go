package durable_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"example.org/secret/vault/durable"
)

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func wantFile(t *testing.T, path, want string) {
	t.Helper()
	got, err := durable.Read(path, 1<<20)
	if err != nil || string(got) != want {
		t.Errorf("%s has %q (%v), want %q", path, got, err, want)
	}
}

func wantOnly(t *testing.T, dir string, want ...string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	if strings.Join(names, " ") != strings.Join(want, " ") {
		t.Errorf("the directory has %v, want %v", names, want)
	}
}

func TestCreateAndReplace(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "b")
	path := filepath.Join(dir, "file")
	if err := durable.Create(path, []byte("first")); err != nil {
		t.Fatal(err)
	}
	if err := durable.Create(path, []byte("other")); !errors.Is(err, fs.ErrExist) {
		t.Errorf("a second Create: %v", err)
	}
	wantFile(t, path, "first")
	if err := durable.Replace(path, []byte("second")); err != nil {
		t.Fatal(err)
	}
	wantFile(t, path, "second")
	if err := durable.Replace(filepath.Join(dir, "new"), []byte("third")); err != nil {
		t.Fatal(err)
	}
	wantOnly(t, dir, "file", "new")
	if info, err := os.Stat(path); err != nil || durable.CheckPrivate(path, info) != nil {
		t.Errorf("the file is open to others: %v", err)
	}
}

func TestWriteAndRemove(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, ".new"), "left by a crash")
	for _, text := range []string{"one", "two"} {
		if err := durable.Write(dir, "file", []byte(text)); err != nil {
			t.Fatal(err)
		}
		wantFile(t, filepath.Join(dir, "file"), text)
	}
	wantOnly(t, dir, "file")
	if err := durable.Remove(dir, "file"); err != nil {
		t.Fatal(err)
	}
	wantOnly(t, dir)
	write(t, filepath.Join(dir, ".new", "x"), "")
	if err := durable.Write(dir, "file", nil); !errors.Is(err, durable.ErrNotRegular) ||
		!strings.Contains(err.Error(), "remove that directory") {
		t.Errorf("with a directory in the way: %v", err)
	}
}

func TestReadRefuses(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "file"), "12345")
	if err := os.Symlink("file", filepath.Join(dir, "link")); err != nil {
		t.Skip(err)
	}
	for name, want := range map[string]error{
		"missing": fs.ErrNotExist, "link": durable.ErrNotRegular,
		"": durable.ErrNotRegular, "file": durable.ErrTooLarge,
	} {
		if _, err := durable.Read(filepath.Join(dir, name), 4); !errors.Is(err, want) {
			t.Errorf("%q: %v, want %v", name, err, want)
		}
	}
}

// A file of keys may serve several vaults, each of which has its own lock.
func TestRewriteSeesWhatOthersWrote(t *testing.T) {
	path := filepath.Join(t.TempDir(), "key")
	write(t, path, "")
	const writers = 32
	var writing sync.WaitGroup
	for range writers {
		writing.Go(func() {
			err := durable.Rewrite(path, time.Minute, func() ([]byte, error) {
				text, err := os.ReadFile(path)
				return append(text, "a key\n"...), err
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	writing.Wait()
	wantFile(t, path, strings.Repeat("a key\n", writers))
	wantOnly(t, filepath.Dir(path), "key") // and no lock
}

func TestLock(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	unlock, err := durable.Lock(path, "the file", time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := durable.Lock(path, "the file", 10*time.Millisecond); !errors.Is(err, durable.ErrBusy) {
		t.Errorf("a second Lock: %v", err)
	}
	if _, locked, err := durable.LockNow(path); locked || err != nil {
		t.Errorf("LockNow: %v, %v", locked, err)
	}
	unlock()
	unlock, locked, err := durable.LockNow(path)
	if !locked || err != nil {
		t.Fatalf("LockNow of a free lock: %v, %v", locked, err)
	}
	unlock()
}

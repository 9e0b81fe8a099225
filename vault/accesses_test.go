package vault_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"example.org/secret/vault"
)

func accessVault(t *testing.T) (open func() *vault.Vault, file string, c *clock) {
	t.Helper()
	_, dir, c := newVault(t)
	out := options(c)
	out.AccessFile = filepath.Join(t.TempDir(), "cache", "read")
	return func() *vault.Vault { return openVault(t, dir, out) }, out.AccessFile, c
}

func wantDay(t *testing.T, got, want time.Time) {
	t.Helper()
	if !got.Equal(want) {
		t.Errorf("%v, want %v", got, want)
	}
}

// A version was read on the last of the days on which it was, and a secret with any of its
// versions.
func TestAccesses(t *testing.T) {
	open, file, c := accessVault(t)
	a := open().Accesses()
	wantDay(t, a.Secret("s"), time.Time{})
	a.Record("s", "1")
	c.add(day)
	a.Record("s", "2")
	a.Record("t", "1")
	today := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	check := func(a *vault.Accesses) {
		t.Helper()
		wantDay(t, a.Version("s", "1"), today.Add(-day))
		wantDay(t, a.Version("s", "2"), today)
		wantDay(t, a.Version("s", "3"), time.Time{})
		wantDay(t, a.Secret("s"), today)
		wantDay(t, a.Secret("u"), time.Time{})
	}
	check(a)
	wantError(t, a.Close(), nil)
	check(open().Accesses())

	// The file tells nothing without the key, and means nothing if it is damaged or gone.
	sealed := readFile(t, file)
	sealed[len(sealed)-1] ^= 1
	writeFile(t, file, sealed)
	wantDay(t, open().Accesses().Secret("s"), time.Time{})
	check(a)
	remove(t, file)
	wantDay(t, open().Accesses().Secret("s"), time.Time{})
}

// The days are written a minute after they changed at the earliest, and only then.
func TestAccessesAreFlushed(t *testing.T) {
	open, file, c := accessVault(t)
	a := open().Accesses()
	a.Record("s", "1")
	c.add(59 * time.Second)
	a.Record("s", "1")
	wantNoFile(t, file)
	c.add(time.Second)
	a.Record("s", "1")
	wantDay(t, open().Accesses().Secret("s"), start.Truncate(day))
	remove(t, file)
	c.add(time.Hour)
	a.Record("s", "1") // as on the day before
	wantError(t, a.Close(), nil)
	wantNoFile(t, file)
}

// Two processes lose no day of each other's, and see them.
func TestAccessesOfTwoProcesses(t *testing.T) {
	open, _, c := accessVault(t)
	a, b := open().Accesses(), open().Accesses()
	a.Record("s", "1")
	b.Record("s", "2")
	c.add(day)
	b.Record("t", "1") // written, since a minute has passed
	wantDay(t, a.Secret("t"), start.Truncate(day).Add(day))
	wantError(t, a.Close(), nil)
	wantError(t, b.Close(), nil)
	third := open().Accesses()
	for _, version := range []string{"1", "2"} {
		wantDay(t, third.Version("s", version), start.Truncate(day))
	}
	wantDay(t, third.Secret("t"), start.Truncate(day).Add(day))
	c.add(401 * day)
	third.Record("u", "1")
	wantError(t, third.Close(), nil)
	wantDay(t, open().Accesses().Secret("s"), time.Time{})
}

// Without a place for the file the days are known as long as the process lives.
func TestAccessesWithoutAFile(t *testing.T) {
	v, _, c := newVault(t)
	a := v.Accesses()
	a.Record("s", "1")
	c.add(time.Hour)
	a.Record("s", "2")
	wantDay(t, a.Secret("s"), start.Truncate(day))
	wantError(t, a.Close(), nil)

	open, file, _ := accessVault(t)
	writeFile(t, filepath.Dir(file), nil)
	a = open().Accesses()
	a.Record("s", "1")
	if err := a.Close(); err == nil || os.IsNotExist(err) {
		t.Errorf("the file cannot be written: %v", err)
	}
}

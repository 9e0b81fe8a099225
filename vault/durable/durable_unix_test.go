//go:build unix

package durable_test

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"example.org/secret/vault/durable"
)

// Root writes into the directory of another user.
func TestOwnerIsKept(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can write as another user")
	}
	const user = 65534
	dir := t.TempDir()
	write(t, filepath.Join(dir, "replaced"), "")
	for _, path := range []string{dir, filepath.Join(dir, "replaced")} {
		if err := os.Chown(path, user, user); err != nil {
			t.Fatal(err)
		}
	}
	unlock, err := durable.Lock(filepath.Join(dir, "lock"), dir, time.Second)
	if err != nil {
		t.Fatal(err)
	}
	unlock()
	for _, err := range []error{
		durable.Write(dir, "written", nil),
		durable.MakeDir(filepath.Join(dir, "made")),
		durable.Replace(filepath.Join(dir, "replaced"), nil),
		durable.Create(filepath.Join(dir, "created"), nil),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	for name, want := range map[string]uint32{
		"lock": user, "written": user, "made": user, "replaced": user,
		"created": 0, // an export of root's is not the user's to read
	} {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if got := info.Sys().(*syscall.Stat_t).Uid; got != want {
			t.Errorf("%s belongs to %d, want %d", name, got, want)
		}
	}
}

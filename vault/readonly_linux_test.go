package vault_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"

	"example.org/secret/vault"

	"golang.org/x/sys/unix"
)

// A vault on read-only media is read like any other, and says so when written.
func TestReadOnly(t *testing.T) {
	v, dir, c := newVault(t)
	set(t, v, "s", "one")
	set(t, v, "r", "one")
	if _, err := v.Rename("r", "t"); err != nil {
		t.Fatal(err)
	}
	asOwnerWithoutRights(t, dir)
	run := make(chan struct{})
	go func() {
		defer close(run)
		// The thread ends with the goroutine, which never unlocks it.
		runtime.LockOSThread()
		if os.Geteuid() == 0 {
			if err := unix.Setfsuid(nobody); err != nil {
				t.Error(err)
				return
			}
		}
		if err := os.WriteFile(filepath.Join(dir, "probe"), nil, 0o600); err == nil {
			t.Error("the vault can be written; the test would prove nothing")
			return
		}
		v := openVault(t, dir, options(c))
		wantValue(t, v, "s", "one")
		if names := listed(t, v); !slices.Equal(names, []vault.Name{"s", "t"}) {
			t.Error(names)
		}
		for what, write := range map[string]func() error{
			"Update": func() error {
				_, err := v.Update("s", func(s *vault.Secret) error { return s.Add(text("two")) })
				return err
			},
			"Upsert": func() error {
				_, err := v.Upsert("new", func(s *vault.Secret) error { return s.Add(text("two")) })
				return err
			},
			"Rename":      func() error { _, err := v.Rename("s", "u"); return err },
			"Remove":      func() error { return v.Remove("s") },
			"AddUnlocker": func() error { return v.AddUnlocker(vault.Passphrase, keep("x")) },
		} {
			if err := write(); !errors.Is(err, fs.ErrPermission) {
				t.Errorf("%s: %v", what, err)
			}
		}
		wantValue(t, v, "s", "one")
	}()
	<-run
}

const nobody = 65534

// asOwnerWithoutRights leaves the vault to a user who is not root, for whom no
// mode is a hindrance, and takes the right to write away.
func asOwnerWithoutRights(t *testing.T, dir string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		mode := fs.FileMode(0o400)
		if entry.IsDir() {
			mode = 0o500
			t.Cleanup(func() { os.Chmod(path, 0o700) })
		}
		if os.Geteuid() == 0 {
			if err := os.Chown(path, nobody, nobody); err != nil {
				return err
			}
		}
		return os.Chmod(path, mode)
	})
	if err != nil {
		t.Fatal(err)
	}
	for parent := filepath.Dir(dir); parent != os.TempDir() && parent != "/"; parent = filepath.Dir(parent) {
		if err := os.Chmod(parent, 0o711); err != nil {
			t.Fatal(err)
		}
	}
}

//go:build unix

package vault_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"example.org/secret/vault"
)

// A key is not taken from, nor written to, where a link points.
func TestKeysBehindALink(t *testing.T) {
	v, dir, _ := newVault(t)
	newKey(t, v, "k", nil)
	setUnder(t, v, "s", "k", "value")
	elsewhere := t.TempDir()
	for _, path := range []string{filepath.Join(dir, "keys/k.age"), filepath.Join(dir, "keys")} {
		target := filepath.Join(elsewhere, filepath.Base(path))
		if err := errors.Join(os.Rename(path, target), os.Symlink(target, path)); err != nil {
			t.Fatal(err)
		}
		wantError(t, second(v.Get("s")), vault.ErrDamaged)
		if path == filepath.Join(dir, "keys") {
			wantError(t, v.NewValueKey("new", nil), vault.ErrDamaged)
			wantError(t, v.DeleteValueKey("other"), vault.ErrDamaged)
		}
		if err := errors.Join(os.Remove(path), os.Rename(target, path)); err != nil {
			t.Fatal(err)
		}
		wantValue(t, v, "s", "value")
	}
}

package vault

import (
	"fmt"
	"path/filepath"
)

const rotatingDir = "rotating"

// LockRotation keeps other processes from rotating s until unlock is called, or
// the process dies. It returns [ErrBusy] at once if another one does. Nobody else
// waits for it: neither readers nor writers. It stays with the secret when that
// is renamed.
func (v *Vault) LockRotation(s *Secret) (unlock func(), err error) {
	dir := filepath.Join(v.dir, rotatingDir)
	if err := makeDir(dir); err != nil {
		return nil, fmt.Errorf("locking the rotation of %q: %w", s.Name, err)
	}
	file, err := newLock(filepath.Join(dir, s.ID+".lock"))
	if err != nil {
		return nil, err
	}
	locked, err := file.TryLock()
	if err != nil {
		return nil, fmt.Errorf("locking the rotation of %q: %w", s.Name, err)
	}
	if !locked {
		_ = file.Close()
		return nil, failf(ErrBusy, "%q is being rotated by another process", s.Name)
	}
	return func() { _ = file.Close() }, nil
}

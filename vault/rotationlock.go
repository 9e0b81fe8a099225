package vault

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"example.org/secret/vault/durable"
)

const (
	rotatingDir  = "rotating"
	rotatorRetry = 20 * time.Millisecond
)

// LockRotation keeps other processes from rotating s until unlock is called, or
// the process dies. It returns [ErrBusy] at once if another process does.
// Readers and writers do not wait for it. It stays with the secret when that
// is renamed.
func (v *Vault) LockRotation(s *Secret) (unlock func(), err error) {
	dir := filepath.Join(v.dir, rotatingDir)
	if err := makeDir(dir); err != nil {
		return nil, fmt.Errorf("locking the rotation of %q: %w", s.Name, err)
	}
	unlock, locked, err := durable.LockNow(filepath.Join(dir, s.ID+".lock"))
	if err != nil {
		return nil, fmt.Errorf("locking the rotation of %q: %w", s.Name, damage(err))
	}
	if !locked {
		return nil, Errorf(ErrBusy, "%q is being rotated by another process", s.Name)
	}
	return unlock, nil
}

// LockRotators waits until no program that an earlier run started to rotate s is
// left, and returns [ErrRotatorRuns] if there still is one when ctx ends. The holder
// of the rotation lock takes it as well. The programs inherit the file, and the lock
// with it: a run that is killed leaves the lock to them until the last one ends.
// On systems without such locks it does not wait.
func (v *Vault) LockRotators(ctx context.Context, s *Secret) (inherit *os.File, unlock func(), err error) {
	path := filepath.Join(v.dir, rotatingDir, s.ID+".rotator")
	file, err := durable.OpenLock(path)
	if err != nil {
		return nil, nil, fmt.Errorf("locking the rotators of %q: %w", s.Name, damage(err))
	}
	for {
		locked, err := durable.TryLock(file)
		if err != nil {
			_ = file.Close()
			return nil, nil, fmt.Errorf("locking the rotators of %q: %w", s.Name, err)
		}
		if locked {
			return file, func() { durable.Unlock(file); _ = file.Close() }, nil
		}
		select {
		case <-ctx.Done():
			_ = file.Close()
			return nil, nil, Errorf(ErrRotatorRuns,
				"a program that an earlier run started to rotate %q is still running (fuser %s shows it)", s.Name, path)
		case <-time.After(rotatorRetry):
		}
	}
}

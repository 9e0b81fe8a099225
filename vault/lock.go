package vault

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"
)

const (
	lockFile  = "lock"
	lockRetry = 2 * time.Millisecond
)

// lock waits until this process is the vault's only writer. The lock file is
// never renamed or removed, and the kernel frees the lock of a process that dies.
//
// The unlock function is a result so that nobody forgets to look at the error.
func (v *Vault) lock() (unlock func(), err error) {
	return waitForLock(filepath.Join(v.dir, lockFile), v.dir, v.options.LockTimeout)
}

// waitForLock takes the lock at path, which keeps others from writing to what.
func waitForLock(path, what string, timeout time.Duration) (unlock func(), err error) {
	file, err := newLock(path)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	if _, err := file.TryLockContext(ctx, lockRetry); err != nil {
		_ = file.Close()
		if errors.Is(err, context.DeadlineExceeded) {
			return nil, Errorf(ErrBusy, "%s is being written by another process (waited %v)", what, timeout)
		}
		return nil, fmt.Errorf("locking %s: %w", what, err)
	}
	return func() { _ = file.Close() }, nil
}

// newLock returns the lock at path, where nothing else may have been planted.
func newLock(path string) (*flock.Flock, error) {
	if info, err := os.Lstat(path); err == nil && !info.Mode().IsRegular() {
		return nil, notRegular(path)
	}
	return flock.New(path, flock.SetPermissions(0o600), flock.SetFlag(os.O_CREATE|os.O_RDONLY|openFlags)), nil
}

package durable

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"
)

const lockRetry = 2 * time.Millisecond

// Lock waits until this process has the lock at path, which keeps others from writing
// to subject. The error is [ErrBusy] after timeout, and [ErrNotRegular] if something
// else than a file is at path. The file is never renamed or removed, and the kernel
// frees the lock of a process that dies.
//
// The unlock function is a result so that nobody forgets to look at the error.
func Lock(path, subject string, timeout time.Duration) (unlock func(), err error) {
	file, err := newLock(path)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	if _, err := file.TryLockContext(ctx, lockRetry); err != nil {
		_ = file.Close()
		if errors.Is(err, context.DeadlineExceeded) {
			return nil, errorf(ErrBusy, "%s is being written by another process (waited %v)", subject, timeout)
		}
		return nil, fmt.Errorf("locking %s: %w", subject, err)
	}
	return func() { _ = file.Close() }, nil
}

// LockNow is [Lock] without waiting: locked is false if another process has the lock.
func LockNow(path string) (unlock func(), locked bool, err error) {
	file, err := newLock(path)
	if err != nil {
		return nil, false, err
	}
	locked, err = file.TryLock()
	if err != nil || !locked {
		_ = file.Close()
		return nil, false, err
	}
	return func() { _ = file.Close() }, true, nil
}

// newLock returns the lock at path, where nothing else may have been planted.
func newLock(path string) (*flock.Flock, error) {
	if info, err := os.Lstat(path); err == nil && !info.Mode().IsRegular() {
		return nil, notRegular(path)
	}
	if f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600); err == nil {
		err = errors.Join(keepOwner(filepath.Dir(path), f.Chown), f.Close())
		if err != nil {
			return nil, err
		}
	}
	return flock.New(path, flock.SetPermissions(0o600), flock.SetFlag(os.O_CREATE|os.O_RDONLY|openFlags)), nil
}

// OpenLock opens a lock file for [TryLock], to be inherited by a program. The error is
// [ErrNotRegular] as with [Lock].
func OpenLock(path string) (*os.File, error) {
	if info, err := os.Lstat(path); err == nil && !info.Mode().IsRegular() {
		return nil, notRegular(path)
	}
	return os.OpenFile(path, os.O_CREATE|os.O_RDWR|openFlags, 0o600) // NFS locks no file that is only read
}

package durable

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"github.com/gofrs/flock"
)

const lockRetry = 2 * time.Millisecond

// Lock waits until this process has the lock at path, which keeps others from writing
// to subject. The error is [ErrBusy] after timeout, and [ErrNotRegular] if something
// else than a file is at path. The file is never renamed or removed, and the kernel
// frees the lock of a process that dies.
//
// The unlock function is a result, so that no caller forgets to look at the error.
func Lock(path, subject string, timeout time.Duration) (unlock func(), err error) {
	file, err := lock(path, subject, timeout)
	if err != nil {
		return nil, err
	}
	return func() { _ = file.Close() }, nil
}

// lockOnce is [Lock] with a file that goes with the lock, for a directory of the user's where no file may stay.
func lockOnce(path, subject string, timeout time.Duration) (unlock func(), err error) {
	for {
		file, err := lock(path, subject, timeout)
		if err != nil {
			return nil, err
		}
		switch open, err := file.Stat(); {
		case runtime.GOOS == "windows":
			// A file that another process has open is not removed there.
			return func() { _ = file.Close(); _ = os.Remove(path) }, nil
		case !canSweep:
			return func() { _ = file.Close() }, nil
		case err == nil && isCurrent(open, path):
			return func() { _ = os.Remove(path); _ = file.Close() }, nil
		}
		// The process before removed the file while this one waited for its lock.
		_ = file.Close()
	}
}

func isCurrent(open os.FileInfo, path string) bool {
	there, err := os.Lstat(path)
	return err == nil && os.SameFile(open, there)
}

func lock(path, subject string, timeout time.Duration) (*flock.Flock, error) {
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
	return file, nil
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

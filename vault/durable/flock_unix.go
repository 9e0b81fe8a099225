//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package durable

import (
	"errors"
	"os"
	"syscall"
)

// canSweep reports whether a lock tells a file that is written from a left one.
const canSweep = true

// TryLock locks an open file, and reports whether it did. Programs inherit the lock with
// the file; the library for locks does not hand its file out.
func TryLock(file *os.File) (locked bool, err error) {
	err = syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return false, nil
	}
	return err == nil, err
}

// Unlock unlocks a file of [TryLock] for programs that inherited it, too. Closing alone
// does not, as long as such a program has it open.
func Unlock(file *os.File) { _ = syscall.Flock(int(file.Fd()), syscall.LOCK_UN) }

//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package vault

import (
	"errors"
	"os"
	"syscall"
)

// lockOpenFile locks what programs inherit with the file. The library for locks
// does not hand its file out.
func lockOpenFile(file *os.File) (locked bool, err error) {
	err = syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return false, nil
	}
	return err == nil, err
}

// unlockOpenFile unlocks it for whoever has inherited it, too: closing alone does
// not, as long as a program that left the rotator's process group has it open.
func unlockOpenFile(file *os.File) { _ = syscall.Flock(int(file.Fd()), syscall.LOCK_UN) }

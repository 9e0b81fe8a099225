package durable

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"

	"golang.org/x/sys/unix"
)

// createUnnamed makes the file at path by a file without a name, which it links there
// when it is complete: a killed process leaves nothing. The error is
// [errors.ErrUnsupported] where the file system has no such files.
func createUnnamed(path string, data []byte) error {
	dir := filepath.Dir(path)
	fd, err := unix.Open(dir, unix.O_TMPFILE|unix.O_WRONLY|unix.O_CLOEXEC, 0o600)
	if err != nil {
		return errors.ErrUnsupported
	}
	f := os.NewFile(uintptr(fd), path)
	defer f.Close()
	if err := fill(f, data); err != nil {
		return about(path, err)
	}
	// Linking by the descriptor itself takes a privilege.
	byPath := "/proc/self/fd/" + strconv.Itoa(fd)
	switch err := unix.Linkat(unix.AT_FDCWD, byPath, unix.AT_FDCWD, path, unix.AT_SYMLINK_FOLLOW); {
	case errors.Is(err, unix.EEXIST):
		return about(path, err)
	case err != nil: // without /proc
		return errors.ErrUnsupported
	}
	return unsynced(SyncDir(dir))
}

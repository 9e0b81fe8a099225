//go:build unix

package vault

import (
	"errors"
	"io/fs"
	"os"
	"syscall"
)

// openFlags keep a planted file from leading elsewhere, and a FIFO from making us
// wait for its writer.
const openFlags = syscall.O_NOFOLLOW | syscall.O_NONBLOCK

func openRegular(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|openFlags, 0)
	// ENXIO is what a socket answers.
	if errors.Is(err, syscall.ELOOP) || errors.Is(err, syscall.ENXIO) {
		return nil, notRegular(path)
	}
	return f, err
}

func replace(from, to string) error { return os.Rename(from, to) }

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	// Some file systems cannot sync a directory, and need not.
	if err := d.Sync(); err != nil && !errors.Is(err, syscall.EINVAL) && !errors.Is(err, syscall.ENOTSUP) {
		return err
	}
	return nil
}

func exposed(info fs.FileInfo) bool { return info.Mode().Perm()&0o077 != 0 }

//go:build unix

package durable

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"
)

const (
	// openFlags keep a planted file from leading elsewhere, and a FIFO from waiting
	// for its writer.
	openFlags = syscall.O_NOFOLLOW | syscall.O_NONBLOCK

	// The lock of a temporary file has to last until the file has its place.
	closeBeforeRename = false
)

func openRegular(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|openFlags, 0)
	// ENXIO is the answer of a socket.
	if errors.Is(err, syscall.ELOOP) || errors.Is(err, syscall.ENXIO) {
		return nil, notRegular(path)
	}
	return f, err
}

// Rename renames a file, and replaces the one that has the name.
func Rename(from, to string) error { return os.Rename(from, to) }

// SyncDir syncs a directory: the names in it are on the disk then.
func SyncDir(dir string) error {
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

// SyncFile syncs a file that another process may have written. A file whose sync fails
// is removed.
func SyncFile(path string) error {
	f, err := os.OpenFile(path, os.O_WRONLY|openFlags, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := f.Sync(); err != nil {
		return errors.Join(err, os.Remove(path))
	}
	return nil
}

func exposed(info fs.FileInfo) bool { return info.Mode().Perm()&0o077 != 0 }

// keepOwner gives a file that root makes to the owner of the file or directory at path. A
// file of root's in a user's vault would lock that user out.
func keepOwner(path string, chown func(uid, gid int) error) error {
	if os.Geteuid() != 0 {
		return nil
	}
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok || stat.Uid == 0 {
		return nil
	}
	if err := chown(int(stat.Uid), int(stat.Gid)); err != nil {
		return fmt.Errorf("keeping the owner of %s: %w", path, err)
	}
	return nil
}

package durable

import (
	"errors"
	"io/fs"
	"os"
	"time"

	"golang.org/x/sys/windows"
)

const (
	openFlags = 0

	closeBeforeRename = true // Windows does not rename an open file
)

func openRegular(path string) (*os.File, error) {
	info, err := os.Lstat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, notRegular(path)
	}
	return os.Open(path)
}

// Rename renames a file, and replaces the one that has the name. It tries again for a
// second: Windows refuses while a reader or a virus scanner has the old file open.
func Rename(from, to string) error {
	var err error
	for range 50 {
		err = os.Rename(from, to)
		if !errors.Is(err, windows.ERROR_SHARING_VIOLATION) && !errors.Is(err, windows.ERROR_ACCESS_DENIED) {
			return err
		}
		time.Sleep(20 * time.Millisecond)
	}
	return err
}

// SyncDir does nothing: Windows has no sync of a directory.
func SyncDir(string) error { return nil }

// SyncFile syncs a file that another process may have written. A file whose sync fails
// is removed.
func SyncFile(path string) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := f.Sync(); err != nil {
		return errors.Join(err, f.Close(), os.Remove(path))
	}
	return nil
}

// exposed is false: lists that the mode does not show rule access on Windows, and a
// user's own folders are private by default.
func exposed(fs.FileInfo) bool { return false }

func keepOwner(string, func(uid, gid int) error) error { return nil }

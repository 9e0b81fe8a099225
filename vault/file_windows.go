package vault

import (
	"errors"
	"io/fs"
	"os"
	"time"

	"golang.org/x/sys/windows"
)

const openFlags = 0

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

// replace renames, and tries again for a second: a reader or a virus scanner
// that has the old file open makes Windows refuse.
func replace(from, to string) error {
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

// Windows has no sync of a directory.
func syncDir(string) error { return nil }

// Access on Windows is ruled by lists that the mode does not show; a user's own
// folders are private by default.
func exposed(fs.FileInfo) bool { return false }

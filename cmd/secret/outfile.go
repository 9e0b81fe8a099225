package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"example.org/secret/vault"
)

// checkOutFile refuses a path that --out must not replace.
func checkOutFile(path string, force bool) error {
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return checkParent(path)
	case err != nil:
		return usagef("%v", err)
	case !info.Mode().IsRegular():
		return usagef("%s is not a regular file; leave out --out to write there", path)
	case !force:
		return vault.Errorf(vault.ErrExists, "%s", path+" exists already; add --force to replace it")
	}
	return nil
}

// checkParent refuses a path in a directory that does not exist, because it may be mistyped.
func checkParent(path string) error {
	if _, err := os.Stat(filepath.Dir(path)); err != nil {
		return fmt.Errorf("cannot write %s: %w", path, err)
	}
	return nil
}

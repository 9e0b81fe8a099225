package output

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"example.org/secret/cmd/secret/internal/usage"
	"example.org/secret/vault"
	"example.org/secret/vault/durable"
)

// CheckFile refuses a path that --out must not replace. The error is [vault.ErrExists], unless force, or
// [vault.ErrInvalid].
func CheckFile(path string, force bool) error {
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return checkParent(path)
	case err != nil:
		return usage.Errorf("%v", err)
	case !info.Mode().IsRegular():
		return usage.Errorf("%s is not a regular file; leave out --out to write there", path)
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

// CreateFile writes a file for the user alone that must not exist, whole or not at all. The error is [vault.ErrExists]
// if it does.
func CreateFile(path string, text []byte) error {
	if err := checkParent(path); err != nil {
		return err
	}
	err := durable.Create(path, text)
	if errors.Is(err, fs.ErrExist) {
		return vault.Errorf(vault.ErrExists, "%s exists already, and was left as it is", filepath.Clean(path))
	}
	if err != nil {
		return fmt.Errorf("cannot write the export: %w", err)
	}
	return nil
}

// CheckPrivate refuses a terminal, whose screen and scrollback others may see, and a file that others can read.
func (o *Output) CheckPrivate() error {
	if o.StdoutIsTerminal {
		return usage.Errorf("that would show all values on the terminal; use --out FILE or a pipe, or add --yes")
	}
	if f, ok := o.Stdout.(*os.File); ok {
		if info, err := f.Stat(); err == nil && info.Mode().IsRegular() && durable.CheckPrivate("the file", info) != nil {
			return usage.Errorf("others can read the file that this is redirected to; use --out FILE, or add --yes")
		}
	}
	return nil
}

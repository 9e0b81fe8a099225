package loginhelper

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"

	"example.org/secret/cmd/secret/internal/process"
	"example.org/secret/vault"
)

// Installer makes a program known to other programs.
type Installer struct {
	Program string // the path, as [FindProgram] returns it
	Dir     string // for links; empty for the usual places
	GOOS    string
	Getenv  func(string) string
	Tool    process.Tool
	// Say tells a user at a terminal of a change. Warn tells every user.
	Say, Warn func(format string, args ...any)
}

// FindProgram returns the path of this program. A path in PATH is better, because it outlives an upgrade.
func FindProgram() (string, error) {
	self, err := os.Executable()
	if err != nil {
		return "", fmt.Errorf("cannot find this program: %w", err)
	}
	found, err := exec.LookPath("secret")
	if err != nil || !sameFile(self, found) {
		return self, nil
	}
	return filepath.Abs(found)
}

// Link makes the program known by another name, and returns the path of the link. The error is [vault.ErrExists] if
// the path is another file.
func (i Installer) Link(name string) (string, error) {
	dirs, err := i.dirs()
	if err != nil {
		return "", err
	}
	for _, dir := range dirs {
		path := filepath.Join(dir, i.executable(name))
		if i.isLink(path) {
			return path, nil
		}
		if dir != filepath.Dir(i.Program) {
			if err := os.MkdirAll(dir, 0o755); err != nil {
				return "", fmt.Errorf("cannot make a directory for %s: %w", name, err)
			}
		}
		err = os.Symlink(i.Program, path)
		if err == nil {
			i.Say("Linked %s to %s.\n", path, i.Program)
			return path, nil
		}
		if errors.Is(err, fs.ErrExist) {
			return "", vault.Errorf(vault.ErrExists, "%s",
				path+" exists and is another file; remove it, or choose another --dir")
		}
	}
	return "", fmt.Errorf("cannot link %s: %w", name, err)
}

// Unlink removes the links of a name to the program. It leaves those that the user may not remove: they are of a
// package.
func (i Installer) Unlink(name string) error {
	dirs, err := i.dirs()
	if err != nil {
		return err
	}
	for _, dir := range dirs {
		path := filepath.Join(dir, i.executable(name))
		if !i.isLink(path) {
			continue
		}
		switch err := os.Remove(path); {
		case errors.Is(err, fs.ErrPermission):
		case err != nil:
			return fmt.Errorf("cannot remove the link: %w", err)
		default:
			i.Say("Removed %s.\n", path)
		}
	}
	return nil
}

// InPath reports whether PATH has a directory.
func (i Installer) InPath(dir string) bool {
	return slices.Contains(filepath.SplitList(i.Getenv("PATH")), dir)
}

func (i Installer) executable(name string) string {
	if i.GOOS == "windows" {
		return name + ".exe"
	}
	return name
}

// dirs returns the directories for a link, the best first.
func (i Installer) dirs() ([]string, error) {
	if i.Dir != "" {
		dir, err := filepath.Abs(i.Dir)
		return []string{dir}, err
	}
	dirs := []string{filepath.Dir(i.Program)}
	if home := i.Getenv("HOME"); home != "" {
		dirs = append(dirs, filepath.Join(home, ".local", "bin"))
	}
	return dirs, nil
}

func (i Installer) isLink(path string) bool {
	info, err := os.Lstat(path)
	return err == nil && info.Mode().Type() == fs.ModeSymlink && sameFile(path, i.Program)
}

func sameFile(a, b string) bool {
	infoA, errA := os.Stat(a)
	infoB, errB := os.Stat(b)
	return errA == nil && errB == nil && os.SameFile(infoA, infoB)
}

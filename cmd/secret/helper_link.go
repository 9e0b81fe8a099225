package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"

	"example.org/secret/vault"
)

// program is where this program is: as found in PATH, if that is this one, since
// such a path outlives an upgrade.
func (a *app) program() (string, error) {
	self, err := os.Executable()
	if err != nil {
		return "", fmt.Errorf("looking for this program: %w", err)
	}
	found, err := exec.LookPath("secret")
	if err != nil {
		return self, nil
	}
	infoSelf, errSelf := os.Stat(self)
	infoFound, errFound := os.Stat(found)
	if errSelf == nil && errFound == nil && os.SameFile(infoSelf, infoFound) {
		return filepath.Abs(found)
	}
	return self, nil
}

// link makes this program known by another name and returns where.
func (a *app) link(o helperOptions, name, program string) (string, error) {
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	dirs, err := a.linkDirs(o, program)
	if err != nil {
		return "", err
	}
	for _, dir := range dirs {
		path := filepath.Join(dir, name)
		if isLinkTo(path, program) {
			return path, nil
		}
		if dir != filepath.Dir(program) {
			if err := os.MkdirAll(dir, 0o755); err != nil {
				return "", fmt.Errorf("making a place for %s: %w", name, err)
			}
		}
		err = os.Symlink(program, path)
		if err == nil {
			a.sayf("Linked %s to %s.\n", path, program)
			return path, nil
		}
		if errors.Is(err, fs.ErrExist) {
			return "", vault.Errorf(vault.ErrExists, "%s", path+" is there already and is something else; remove it, or choose another --dir")
		}
	}
	return "", fmt.Errorf("linking %s: %w", name, err)
}

// linkDirs are the places for a link, the best first.
func (a *app) linkDirs(o helperOptions, program string) ([]string, error) {
	if o.dir != "" {
		dir, err := filepath.Abs(o.dir)
		return []string{dir}, err
	}
	dirs := []string{filepath.Dir(program)}
	if home := a.getenv("HOME"); home != "" {
		dirs = append(dirs, filepath.Join(home, ".local", "bin"))
	}
	return dirs, nil
}

func isLinkTo(path, program string) bool {
	info, err := os.Lstat(path)
	if err != nil || info.Mode().Type() != fs.ModeSymlink {
		return false
	}
	infoPath, errPath := os.Stat(path)
	infoProgram, errProgram := os.Stat(program)
	return errPath == nil && errProgram == nil && os.SameFile(infoPath, infoProgram)
}

func (a *app) inPath(dir string) bool {
	return slices.Contains(filepath.SplitList(a.getenv("PATH")), dir)
}

func (a *app) unlink(o helperOptions, name string) error {
	program, err := a.program()
	if err != nil {
		return err
	}
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	dirs, err := a.linkDirs(o, program)
	if err != nil {
		return err
	}
	for _, dir := range dirs {
		path := filepath.Join(dir, name)
		if !isLinkTo(path, program) {
			continue
		}
		err := os.Remove(path)
		if errors.Is(err, fs.ErrPermission) {
			continue // the package's
		}
		if err != nil {
			return fmt.Errorf("removing the link: %w", err)
		}
		a.sayf("Removed %s.\n", path)
	}
	return nil
}

package settings

import (
	"path/filepath"
	"strings"

	"example.org/secret/vault"
)

// Dirs finds the user's directories: by the XDG specification on Unix, by the system's rules on macOS and Windows.
type Dirs struct {
	Getenv func(string) string
	GOOS   string
}

// Config returns the directory of this program's configuration.
func (d Dirs) Config() (string, error) { return d.ours(d.ConfigHome()) }

// Data returns the directory of this program's data.
func (d Dirs) Data() (string, error) {
	return d.ours(d.base("XDG_DATA_HOME", filepath.Join(".local", "share"), "LocalAppData"))
}

// State returns the directory of this program's state on this machine.
func (d Dirs) State() (string, error) {
	return d.ours(d.base("XDG_STATE_HOME", filepath.Join(".local", "state"), "LocalAppData"))
}

// Cache returns the directory of this program's caches.
func (d Dirs) Cache() (string, error) {
	return d.ours(d.base("XDG_CACHE_HOME", ".cache", "LocalAppData"))
}

// ConfigHome returns the directory in which each program has its configuration.
func (d Dirs) ConfigHome() (string, error) { return d.base("XDG_CONFIG_HOME", ".config", "AppData") }

// ConfigFile returns the path of the configuration file.
func (d Dirs) ConfigFile() (string, error) {
	dir, err := d.Config()
	return filepath.Join(dir, "config.yaml"), err
}

func (d Dirs) ours(base string, err error) (string, error) { return filepath.Join(base, "secret"), err }

func (d Dirs) base(xdg, underHome, windows string) (string, error) {
	if dir := d.Getenv(xdg); filepath.IsAbs(dir) {
		return dir, nil
	}
	if dir := d.Getenv(windows); d.GOOS == "windows" && dir != "" {
		return dir, nil
	}
	home := d.Getenv("HOME")
	if home == "" {
		return "", vault.Errorf(vault.ErrInvalid, "HOME is not set")
	}
	if d.GOOS == "darwin" {
		return filepath.Join(home, "Library", "Application Support"), nil
	}
	return filepath.Join(home, underHome), nil
}

// ExpandHome replaces a leading ~/ in a path that no shell has read. Without it a directory named ~ appears.
func (d Dirs) ExpandHome(path string) string {
	if rest, ok := strings.CutPrefix(path, "~/"); ok && d.Getenv("HOME") != "" {
		return filepath.Join(d.Getenv("HOME"), rest)
	}
	return path
}

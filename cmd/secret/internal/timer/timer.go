// Package timer lets the system run a command every hour: by a systemd user timer, by
// the user's crontab, or by launchd on macOS.
package timer

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"

	"example.org/secret/vault"

	"al.essio.dev/pkg/shellescape"
)

// Timer runs a command every hour once it is installed.
type Timer interface {
	// Text returns the text that Install writes, for users to read.
	Text() string
	// Install installs the timer, in the place of one that is there already.
	Install() error
	// Remove removes the timer. It is not an error if there is none.
	Remove() error
}

// Command is the command to run, and the surroundings to install it in.
type Command struct {
	Args  []string
	Vault string // the directory; each vault has a timer of its own
	// Usual tells that Vault is the default one, whose timer has a plain name.
	Usual     bool
	GOOS      string
	Home      string
	ConfigDir string // the user's, which systemd reads
	// RuntimeDir is the user's, where systemd is reached. It is empty without a session.
	RuntimeDir string
	// Run runs a program of the system with input, and returns its output.
	Run func(input, program string, args ...string) (string, error)
}

// New returns the timer that fits the system. The error is [vault.ErrInvalid] if there
// is none, or if a path cannot be written into its files.
func New(c Command) (Timer, error) {
	if strings.ContainsAny(strings.Join(c.Args, ""), "\r\n") {
		return nil, vault.Errorf(vault.ErrInvalid,
			"a timer cannot run a command with a line break in it, as the path %q has", c.Vault)
	}
	switch c.GOOS {
	case "windows":
		return nil, vault.Errorf(vault.ErrInvalid,
			"there is no installer for Windows; let the Task Scheduler run: %s", shellescape.QuoteCommand(c.Args))
	case "darwin":
		label := "org.example." + c.name()
		return launchd{c, label, filepath.Join(c.Home, "Library", "LaunchAgents", label+".plist")}, nil
	}
	if _, err := os.Stat("/run/systemd/system"); err == nil && c.RuntimeDir != "" {
		return systemd{c, c.name(), filepath.Join(c.ConfigDir, "systemd", "user")}, nil
	}
	return crontab{c}, nil
}

// name returns the name of the vault's timer.
func (c Command) name() string {
	const name = "secret-rotate"
	if c.Usual {
		return name
	}
	sum := sha256.Sum256([]byte(c.Vault))
	return name + "-" + hex.EncodeToString(sum[:4])
}

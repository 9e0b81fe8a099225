package timer

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// systemd is a timer of the user's service manager.
type systemd struct {
	Command
	unit string
	dir  string
}

// units returns the text of each file.
func (s systemd) units() map[string]string {
	words := make([]string, len(s.Args))
	for i, word := range s.Args {
		words[i] = `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "%", "%%", "$", "$$").Replace(word) + `"`
	}
	return map[string]string{
		s.unit + ".service": `[Unit]
Description=Rotate the secrets that are due

[Service]
Type=oneshot
ExecStart=` + strings.Join(words, " ") + `
`,
		s.unit + ".timer": `[Unit]
Description=Rotate the secrets that are due, every hour

[Timer]
OnCalendar=hourly
RandomizedDelaySec=5m
Persistent=true

[Install]
WantedBy=timers.target
`,
	}
}

func (s systemd) Text() string {
	var b strings.Builder
	units := s.units()
	for _, name := range slices.Sorted(maps.Keys(units)) {
		fmt.Fprintf(&b, "# %s\n%s\n", filepath.Join(s.dir, name), units[name])
	}
	return b.String()
}

func (s systemd) Install() error {
	if err := os.MkdirAll(s.dir, 0o755); err != nil {
		return err
	}
	for name, text := range s.units() {
		if err := os.WriteFile(filepath.Join(s.dir, name), []byte(text), 0o644); err != nil {
			return err
		}
	}
	if _, err := s.Run("", "systemctl", "--user", "daemon-reload"); err != nil {
		return err
	}
	_, err := s.Run("", "systemctl", "--user", "enable", "--now", s.unit+".timer")
	return err
}

func (s systemd) Remove() error {
	_, err := s.Run("", "systemctl", "--user", "disable", "--now", s.unit+".timer")
	for name := range s.units() {
		if removeErr := os.Remove(filepath.Join(s.dir, name)); removeErr != nil && !errors.Is(removeErr, fs.ErrNotExist) {
			err = errors.Join(err, removeErr)
		}
	}
	return err
}

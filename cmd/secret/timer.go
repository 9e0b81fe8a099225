package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"

	"al.essio.dev/pkg/shellescape"
)

// systemTimer is what runs a command every hour on this system.
type systemTimer interface {
	text() string
	install() error
	remove() error
}

func (a *app) systemTimer() (systemTimer, error) {
	command, err := a.dueCommand()
	if err != nil {
		return nil, err
	}
	vaultDir, err := a.vaultDir()
	if err != nil {
		return nil, err
	}
	if strings.ContainsAny(strings.Join(command, ""), "\r\n") {
		return nil, usagef("what runs a command every hour takes no path with a line break in it, as %q has", vaultDir)
	}
	name := a.timerName(vaultDir)
	switch runtime.GOOS {
	case "windows":
		return nil, usagef("there is no installer for Windows; let the Task Scheduler run: %s", shellescape.QuoteCommand(command))
	case "darwin":
		label := "org.example." + name
		return launchd{a, command, label, filepath.Join(a.getenv("HOME"), "Library", "LaunchAgents", label+".plist")}, nil
	}
	if _, err := os.Stat("/run/systemd/system"); err == nil && a.getenv("XDG_RUNTIME_DIR") != "" {
		dir, err := a.userDir("XDG_CONFIG_HOME", ".config", "AppData")
		return systemd{a, command, name, filepath.Join(dir, "systemd", "user")}, err
	}
	return crontab{a, command, vaultDir}, nil
}

// timerName gives each vault a timer of its own.
func (a *app) timerName(vaultDir string) string {
	const name = "secret-rotate"
	if vaultDir == a.defaultSettings().vault {
		return name
	}
	sum := sha256.Sum256([]byte(vaultDir))
	return name + "-" + hex.EncodeToString(sum[:4])
}

// dueCommand is the command to run, with all that it would not find by itself.
func (a *app) dueCommand() ([]string, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	dir, err := a.vaultDir()
	if err != nil {
		return nil, err
	}
	command := append(a.userDirs(), program, "--vault", dir)
	keyFile, err := a.keyFile()
	if err != nil {
		return nil, err
	}
	if keyFile != "" {
		if keyFile, err = filepath.Abs(keyFile); err != nil {
			return nil, err
		}
		command = append(command, "--key-file", keyFile)
	}
	return append(command, "rotate", "--due"), nil
}

// userDirs sets what says where our rotators and consents are, where that is not
// the usual place.
func (a *app) userDirs() []string {
	var command []string
	for _, name := range []string{"XDG_CONFIG_HOME", "XDG_STATE_HOME"} {
		if dir := a.getenv(name); filepath.IsAbs(dir) {
			command = append(command, name+"="+dir)
		}
	}
	if command == nil || runtime.GOOS == "windows" {
		return nil
	}
	return append([]string{"/usr/bin/env"}, command...)
}

// runTool runs a program of the system and returns what it printed.
func (a *app) runTool(input string, name string, args ...string) (string, error) {
	cmd := exec.Command(name, args...)
	cmd.Env = a.environ
	cmd.Stdin = strings.NewReader(input)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		return stdout.String(), fmt.Errorf("%s: %w: %s", name, err, strings.TrimSpace(stderr.String()))
	}
	return stdout.String(), nil
}

// systemd is a timer of the user's own service manager.
type systemd struct {
	*app
	command []string
	name    string
	dir     string
}

func (s systemd) units() map[string]string {
	words := make([]string, len(s.command))
	for i, word := range s.command {
		words[i] = `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "%", "%%", "$", "$$").Replace(word) + `"`
	}
	return map[string]string{
		s.name + ".service": `[Unit]
Description=Rotate the secrets that are due

[Service]
Type=oneshot
ExecStart=` + strings.Join(words, " ") + `
`,
		s.name + ".timer": `[Unit]
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

func (s systemd) text() string {
	var b strings.Builder
	units := s.units()
	for _, name := range sortedKeys(units) {
		fmt.Fprintf(&b, "# %s\n%s\n", filepath.Join(s.dir, name), units[name])
	}
	return b.String()
}

func (s systemd) install() error {
	if err := os.MkdirAll(s.dir, 0o755); err != nil {
		return err
	}
	for name, text := range s.units() {
		if err := os.WriteFile(filepath.Join(s.dir, name), []byte(text), 0o644); err != nil {
			return err
		}
	}
	if _, err := s.runTool("", "systemctl", "--user", "daemon-reload"); err != nil {
		return err
	}
	_, err := s.runTool("", "systemctl", "--user", "enable", "--now", s.name+".timer")
	return err
}

func (s systemd) remove() error {
	_, err := s.runTool("", "systemctl", "--user", "disable", "--now", s.name+".timer")
	for name := range s.units() {
		if removeErr := os.Remove(filepath.Join(s.dir, name)); removeErr != nil && !os.IsNotExist(removeErr) {
			err = errors.Join(err, removeErr)
		}
	}
	return err
}

// crontab is a line in the user's table for cron.
type crontab struct {
	*app
	command []string
	vault   string
}

// mark is how our line is found again, one for each vault. cron makes newlines of
// % unless they are escaped.
func (c crontab) mark() string {
	return "# secret rotate --due of " + strings.ReplaceAll(c.vault, "%", `\%`)
}

func (c crontab) line() string {
	command := strings.ReplaceAll(shellescape.QuoteCommand(c.command), "%", `\%`)
	return "17 * * * * " + command + " " + c.mark() + "\n"
}

func (c crontab) text() string { return "# in crontab -e\n" + c.line() }

func (c crontab) others() (string, error) {
	table, err := c.runTool("", "crontab", "-l")
	if err != nil && !strings.Contains(err.Error(), "no crontab") {
		return "", err
	}
	var others strings.Builder
	for line := range strings.Lines(table) {
		if !strings.HasSuffix(strings.TrimRight(line, "\n"), c.mark()) {
			others.WriteString(line)
		}
	}
	return others.String(), nil
}

func (c crontab) install() error {
	others, err := c.others()
	if err != nil {
		return err
	}
	if others != "" && !strings.HasSuffix(others, "\n") {
		others += "\n"
	}
	_, err = c.runTool(others+c.line(), "crontab", "-")
	return err
}

func (c crontab) remove() error {
	others, err := c.others()
	if err != nil {
		return err
	}
	_, err = c.runTool(others, "crontab", "-")
	return err
}

// launchd is an agent of the user's session on macOS.
type launchd struct {
	*app
	command []string
	label   string
	path    string
}

func (l launchd) text() string {
	var arguments strings.Builder
	for _, word := range l.command {
		fmt.Fprintf(&arguments, "    <string>%s</string>\n", strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(word))
	}
	return `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
  <key>Label</key>
  <string>` + l.label + `</string>
  <key>ProgramArguments</key>
  <array>
` + arguments.String() + `  </array>
  <key>StartInterval</key>
  <integer>3600</integer>
</dict>
</plist>
`
}

func (l launchd) install() error {
	if err := os.MkdirAll(filepath.Dir(l.path), 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(l.path, []byte(l.text()), 0o644); err != nil {
		return err
	}
	_, err := l.runTool("", "launchctl", "load", "-w", l.path)
	return err
}

func (l launchd) remove() error {
	_, err := l.runTool("", "launchctl", "unload", "-w", l.path)
	return errors.Join(err, os.Remove(l.path))
}

//go:build unix

package settings_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"example.org/secret/cmd/secret/internal/settings"
	"example.org/secret/vault"
)

func TestDirs(t *testing.T) {
	for _, test := range []struct {
		goos      string
		variables map[string]string
		want      string
	}{
		{"linux", map[string]string{"HOME": "/home/u"}, "/home/u/.config/secret"},
		{"linux", map[string]string{"HOME": "/home/u", "XDG_CONFIG_HOME": "/etc/u"}, "/etc/u/secret"},
		{"linux", map[string]string{"HOME": "/home/u", "XDG_CONFIG_HOME": "relative"}, "/home/u/.config/secret"},
		{"darwin", map[string]string{"HOME": "/Users/u"}, "/Users/u/Library/Application Support/secret"},
		{"windows", map[string]string{"HOME": "/u", "AppData": "/u/AppData"}, "/u/AppData/secret"},
	} {
		d := settings.Dirs{Getenv: func(name string) string { return test.variables[name] }, GOOS: test.goos}
		if got, err := d.Config(); err != nil || filepath.ToSlash(got) != test.want {
			t.Errorf("%s, %v: the directory is %s, %v; want %s", test.goos, test.variables, got, err, test.want)
		}
	}
	without := settings.Dirs{Getenv: func(string) string { return "" }, GOOS: "linux"}
	if _, err := without.Config(); !errors.Is(err, vault.ErrInvalid) {
		t.Errorf("without HOME the error is %v", err)
	}
}

// A variable goes before the file, and the file before the built-in values.
func TestLoad(t *testing.T) {
	variables := map[string]string{"HOME": t.TempDir()}
	d := settings.Dirs{Getenv: func(name string) string { return variables[name] }, GOOS: "linux"}
	history := func() int {
		t.Helper()
		s, err := d.Load()
		if err != nil {
			t.Fatal(err)
		}
		return s.History
	}
	if got := history(); got != vault.DefaultHistory {
		t.Errorf("without a file the history is %d", got)
	}
	if err := d.Set("history", "5"); err != nil {
		t.Fatal(err)
	}
	if got := history(); got != 5 {
		t.Errorf("by the file the history is %d", got)
	}
	variables["SECRET_HISTORY"] = "7"
	if got := history(); got != 7 {
		t.Errorf("by the variable the history is %d", got)
	}
}

// Set and Unset keep all that they do not change.
func TestEditKeepsComments(t *testing.T) {
	home := t.TempDir()
	d := settings.Dirs{Getenv: func(name string) string { return map[string]string{"HOME": home}[name] }, GOOS: "linux"}
	path, err := d.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	const before = "# Mine.\nhistory: 50 # enough\n"
	if err := os.WriteFile(path, []byte(before), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(d.Set("password-length", "40"), d.Set("history", "5"), d.Unset("password-length")); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if want := strings.Replace(before, "50", "5", 1); err != nil || string(text) != want {
		t.Errorf("the file is %q, %v; want %q", text, err, want)
	}
}

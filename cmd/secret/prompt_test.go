package main

import (
	"bufio"
	"bytes"
	"crypto/rand"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"example.org/secret/cmd/secret/internal/output"
	"example.org/secret/cmd/secret/internal/prompt"
	"example.org/secret/crypto/keyring"
	"example.org/secret/crypto/session"
)

// atTerminal returns an app in the given home, without a keyring, whose user answers with the given lines.
func atTerminal(t *testing.T, home string, answers ...string) (a *app, said *bytes.Buffer) {
	t.Helper()
	said = new(bytes.Buffer)
	answer := bufio.NewReader(strings.NewReader(strings.Join(answers, "")))
	getenv := func(name string) string { return map[string]string{"HOME": home}[name] }
	return &app{
		stdin: strings.NewReader(""), stdinIsTerminal: true,
		out: &output.Output{Stdout: said, Stderr: said, StderrIsTerminal: true, Now: time.Now},
		prompt: &prompt.Prompter{Open: func() (*prompt.Terminal, error) {
			null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
			return &prompt.Terminal{In: null, Out: null, Lines: answer}, err
		}},
		getenv: getenv, now: time.Now, rand: rand.Reader,
		keyring: keyring.OS{Getenv: getenv, Timeout: time.Second}, sessions: noSessions{},
	}, said
}

// noSessions is a kernel that keeps no keys.
type noSessions struct{}

func (noSessions) Open(string, string, time.Duration) error { return session.ErrUnavailable }
func (noSessions) Get(string) (string, error)               { return "", session.ErrUnavailable }
func (noSessions) Close(string) error                       { return session.ErrUnavailable }

// No shell expands the ~ of a path that is typed at a prompt or written into a file.
func TestHomeInPaths(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only on Linux can the keyring be kept out of it")
	}
	home := t.TempDir()
	t.Chdir(t.TempDir())
	asked, said := atTerminal(t, home, "f\n", "~/keys/secret\n", "n\n")
	asked.keyring.Getenv = func(string) string { return "unix:path=/nonexistent" }
	if code := run(asked, []string{"init"}); code != exitDone {
		t.Fatalf("init: exit code %d: %s", code, said)
	}
	if _, err := os.Stat(filepath.Join(home, "keys", "secret")); err != nil {
		t.Fatal(err)
	}
	configured, _ := atTerminal(t, home)
	config, err := configured.dirs().ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(os.MkdirAll(filepath.Dir(config), 0o700), os.WriteFile(config, []byte("key-file: "+
		"~/keys/secret\n"), 0o600)); err != nil {
		t.Fatal(err)
	}
	if code := run(configured, []string{"list"}); code != exitDone {
		t.Error("the key file of the configuration was not found")
	}
	changed, _ := atTerminal(t, home)
	if code := run(changed, []string{"config", "set", "vault", "~/vault"}); code != exitDone {
		t.Errorf("config set: exit code %d", code)
	}
	if text, err := os.ReadFile(config); err != nil ||
		!strings.Contains(string(text), "vault: "+filepath.Join(home, "vault")) {
		t.Errorf("the configuration is %q (%v)", text, err)
	}
}

// An error, which may reach a log, does not repeat an argument that may be a value.
func TestAmbiguousValueIsNotRepeated(t *testing.T) {
	home := t.TempDir()
	key := filepath.Join(home, "key")
	a, said := atTerminal(t, home)
	if code := run(a, []string{"init", "--key-file", key, "--no-recovery"}); code != exitDone {
		t.Fatal(said)
	}
	a, said = atTerminal(t, home)
	if code := run(a, []string{"set", "github", "ghp_canary", "--key-file", key}); code != exitUsage {
		t.Errorf("exit code %d, want %d", code, exitUsage)
	}
	if text := said.String(); !strings.Contains(text, "may be a value or a key") || strings.Contains(text, "canary") {
		t.Errorf("it said %q", text)
	}
}

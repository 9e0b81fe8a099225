//go:build unix

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const keyPassphrase = "a key's own passphrase"

// The program asks for the passphrase of a key when it needs a value. Without a terminal there is no value.
func TestValueKeyBehindAPassphrase(t *testing.T) {
	work := t.TempDir()
	env := scriptEnv(work)
	secretIn(t, env, "init")
	secretIn(t, env, "set", "open", "--credential", "--username", "u", "--value", "first")

	p := secretAtTerminal(t, env, "key", "new", "vip", "--passphrase")
	p.waitFor("New passphrase")
	p.waitForEcho(false)
	p.types(keyPassphrase + "\r")
	p.waitFor("The same again: ")
	p.waitForEcho(false)
	p.types(keyPassphrase + "\r")
	wantExit(t, p, exitDone)
	if got, _ := secretIn(t, env, "key", "list"); got != "key-file\nvalue key vip, behind a passphrase of its own\n" {
		t.Errorf("key list prints %q", got)
	}

	// The program notices a mistyped passphrase before it asks for the value.
	p = secretAtTerminal(t, env, "set", "closed", "--credential", "--username", "u", "--key", "vip")
	p.waitFor("Passphrase for the key vip: ")
	p.waitForEcho(false)
	p.types("mistyped\r")
	p.waitFor("that passphrase is wrong")
	p.waitForEcho(false)
	p.types(keyPassphrase + "\r")
	p.waitFor("Password of closed: ")
	p.waitForEcho(false)
	p.types("s3cret\r")
	wantExit(t, p, exitDone)

	for _, args := range [][]string{{"list"}, {"describe", "closed"}, {"history", "closed"}, {"tag", "closed", "a=b"}} {
		if _, code := secretIn(t, env, args...); code != exitDone {
			t.Errorf("%q exits with %d", args, code)
		}
	}
	for _, args := range [][]string{
		{"get", "closed"},
		{"run", "--secret", "closed", "--", "true"},
		{"set", "closed", "--value", "x"},
		{"copy", "closed", "c"},
	} {
		if out, code := secretIn(t, env, args...); code != exitNoKey || strings.Contains(out, "s3cret") {
			t.Errorf("%q prints %q and exits with %d", args, out, code)
		}
	}
	p = secretAtTerminal(t, env, "get", "closed", "password")
	p.waitFor("Passphrase for the key vip: ")
	p.waitForEcho(false)
	p.types(keyPassphrase + "\r")
	wantExit(t, p, exitDone)
	p.waitFor(`\ns3cret\r\n`)

	// Cron has no terminal. Other secrets are rotated all the same, also under a key that opens with the vault.
	rotator := filepath.Join(work, "rotator")
	if err := os.WriteFile(rotator, []byte("#!/bin/sh\nexit 0\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	p = secretAtTerminal(t, env, "rotation", "enable", "closed", "--rotator", rotator, "--every", "1d", "--no-rotate-now")
	p.waitFor("Passphrase for the key vip: ")
	p.waitForEcho(false)
	p.types(keyPassphrase + "\r")
	wantExit(t, p, exitDone)
	if _, code := secretIn(t, env, "rotation", "enable", "open", "--rotator", rotator, "--every", "1d",
		"--no-rotate-now"); code != exitDone {
		t.Fatalf("rotation enable exits with %d", code)
	}
	secretIn(t, env, "key", "new", "payroll")
	if _, code := secretIn(t, env, "set", "open", "--keep-value", "--key", "payroll"); code != exitDone {
		t.Fatalf("set --key exits with %d", code)
	}
	out, code := secretIn(t, env, "rotate", "--all", "--jobs", "1")
	want := "failed     closed: the key vip is behind a passphrase, and there is no terminal to ask for it at; run " +
		"this at one\nrotated    open, version 2\n"
	if code != exitFailed || out != want {
		t.Errorf("rotate prints %q and exits with %d", out, code)
	}
}

func wantExit(t *testing.T, p *person, want int) {
	t.Helper()
	if code := p.wait(); code != want {
		t.Fatalf("exits with %d:\n%s", code, p.screen())
	}
}

package examples_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"example.org/secret/rotate/servicetest"
)

// TestCron walks through cron.md with a fresh PostgreSQL, as a user who may not
// become postgres and has no cron: stand-ins are.
func TestCron(t *testing.T) {
	need(t, "bash")
	first, rest := transcripts(t, "cron.md")
	steps := append(first, rest...)
	if len(steps) < 8 {
		t.Fatalf("found %d commands", len(steps))
	}
	server := servicetest.Postgres(t)
	for i, s := range steps {
		steps[i].command = strings.ReplaceAll(s.command, "--port 5432", "--port "+server.Port)
	}
	standIns := t.TempDir()
	for name, text := range map[string]string{
		"sudo": "shift 2\nexport PGUSER='" + server.User + `' PGPASSWORD="` + server.Password + "\"\nexec \"$@\"\n",
		"crontab": "case $1 in\n-l) cat \"$HOME/table\" 2>/dev/null || { echo no crontab >&2; exit 1; } ;;\n-) cat" +
			" >\"$HOME/table\" ;;\nesac\n",
	} {
		if err := os.WriteFile(filepath.Join(standIns, name), []byte("#!/bin/sh\n"+text), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	home, environ := checkTranscript(t, map[string]string{
		"PATH":   strings.Join([]string{standIns, bin, server.Bin, os.Getenv("PATH")}, ":"),
		"PGHOST": "127.0.0.1", "PGPORT": server.Port, "PAGER": "cat",
	}, steps, []answer{
		hidden("Enter password for new role: ", "any"),
		hidden("Enter it again: ", "any"),
		hidden("Password of prod/db: ", "any"),
		{"Install this? [y/N] ", func(string) string { return "y" }, false},
	})
	current := run(t, environ, filepath.Join(bin, "secret"), "get", "prod/db", "password")
	if server.Login("app", "any") || !server.Login("app", current) {
		t.Error("the database takes the password of step 1, or not the one in the vault")
	}
	// The command that cron runs finds the key, and rotates the secret that was held up.
	table, err := os.ReadFile(filepath.Join(home, "table"))
	if err != nil {
		t.Fatal(err)
	}
	line, ok := strings.CutPrefix(string(table), "17 * * * * ")
	if !ok {
		t.Fatalf("the table is %q", table)
	}
	server.Stop()
	held := exec.Command(filepath.Join(bin, "secret"), "rotate", "prod/db")
	held.Env = environ
	if output, err := held.CombinedOutput(); err == nil {
		t.Errorf("without the database it says %s", output)
	}
	server.Start()
	cron := []string{"HOME=" + home, "PATH=" + server.Bin + ":/usr/bin:/bin"}
	run(t, cron, "sh", "-c", line)
	run(t, environ, filepath.Join(bin, "secret"), "rotate", "prod/db")
	if next := run(t, environ, filepath.Join(bin, "secret"), "get", "prod/db", "password"); next == current ||
		!server.Login("app", next) {
		t.Error("it was not rotated in the end")
	}
}

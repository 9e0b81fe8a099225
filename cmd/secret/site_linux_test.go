package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"example.org/secret/rotate/servicetest"
)

// site is a machine with a vault, whose secret db is the password of a user of a
// real database, rotated every day.
type site struct {
	t      *testing.T
	home   string
	server *servicetest.PostgresServer
	now    time.Time
}

// wrapper is a rotator that executes the plan once, before or after it calls the real one.
const wrapper = `#!/bin/sh
strike() {
	read -r at step what 2>/dev/null <"$HOME/plan" || return 0
	[ "$at $step" = "$1 $SECRET_STEP" ] || return 0
	rm "$HOME/plan"
	case $what in
	parent) kill -KILL "$PPID" ;;
	rotator) kill -KILL $$ ;;
	ask) echo stop >"$HOME/ask" && read -r go <"$HOME/answer" ;;
	esac
}
strike before "$@"
"${0%/*}/$REAL.sh" "$@"
code=$?
strike after "$@"
exit $code
`

func newSite(t *testing.T, server *servicetest.PostgresServer, user, rotator string) *site {
	t.Helper()
	s := &site{t: t, home: t.TempDir(), server: server, now: time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)}
	if err := os.Mkdir(filepath.Join(s.home, "home"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, pipe := range []string{"ask", "answer"} {
		if err := syscall.Mkfifo(filepath.Join(s.home, "home", pipe), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	server.Exec(`CREATE ROLE ` + user + ` LOGIN PASSWORD 'first'`)
	s.must("", "init")
	s.must(server.Password, "set", "admins/pg", "--username", server.User,
		"--host", server.Host, "--port", server.Port, "engine=postgres")
	s.must("first", "set", "db", "--username", user, "--host", server.Host, "--port", server.Port,
		"engine=postgres", "admin_secret=admins/pg", "masterarn=admins/pg")
	if strings.HasSuffix(rotator, ".py") {
		s.must("", "rotator", "new", rotator+".sh", "--from-aws", "../../examples/rotators/awsfunction/testdata/"+rotator)
	} else {
		s.must("", "rotator", "new", rotator)
	}
	path := filepath.Join(s.home, "home/.config/secret/rotators/wrapper")
	syscall.ForkLock.RLock() // or the script is "busy" in a program that starts just now
	err := os.WriteFile(path, []byte(strings.ReplaceAll(wrapper, "$REAL", rotator)), 0o700)
	syscall.ForkLock.RUnlock()
	if err != nil {
		t.Fatal(err)
	}
	s.must("", "rotation", "enable", "db", "--rotator", "wrapper", "--every", "1d", "--no-rotate-now")
	return s
}

// ran is how a process ended.
type ran struct {
	code           int // negative if it was killed
	stdout, stderr string
}

// run runs secret, under the given other program if any.
func (s *site) run(under []string, stdin string, args ...string) ran {
	s.t.Helper()
	command := append(append([]string{}, under...), "secret")
	cmd := exec.Command(command[0], append(command[1:], args...)...)
	cmd.Env = append(scriptEnv(s.home), "PATH="+s.server.Bin+":"+os.Getenv("PATH"),
		"SECRET_TEST_NOW="+s.now.Format(time.RFC3339))
	cmd.Stdin = strings.NewReader(stdin)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	// The processes of a killed run may hold the pipes.
	cmd.WaitDelay = 20 * time.Second
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		s.t.Fatalf("secret %s: %v", args, err)
	}
	return ran{cmd.ProcessState.ExitCode(), stdout.String(), stderr.String()}
}

func (s *site) must(stdin string, args ...string) string {
	s.t.Helper()
	r := s.run(nil, stdin, args...)
	if r.code != 0 {
		s.t.Fatalf("secret %s exits with %d: %s", args, r.code, r.stderr)
	}
	return r.stdout
}

// readVersion is the part of the output of secret get --json that an application reads.
type readVersion struct {
	ID     string
	Fields map[string]string
}

// get reads the version with a label, as an application does.
func (s *site) get(label string) (v readVersion, ok bool) {
	s.t.Helper()
	r := s.run(nil, "", "get", "db", "--label", label, "--json")
	if r.code == exitMissing {
		return v, false
	}
	if err := json.Unmarshal([]byte(r.stdout), &v); err != nil || r.code != 0 {
		s.t.Errorf("secret get --label %s exits with %d: %s%s", label, r.code, r.stdout, r.stderr)
	}
	return v, true
}

func (s *site) login(v readVersion) bool {
	return s.server.Login(v.Fields["username"], v.Fields["password"])
}

// canLogin reports whether an application gets in with current or else with
// pending or previous. The labels may move between its looks, so that it looks
// again before it gives up.
func (s *site) canLogin() bool {
	s.t.Helper()
	for range 3 {
		for _, label := range []string{"current", "pending", "previous"} {
			if v, ok := s.get(label); ok && s.login(v) {
				return true
			}
		}
	}
	return false
}

// step is where the rotation of db is held up, or empty.
func (s *site) step() string {
	s.t.Helper()
	var statuses []struct{ Step string }
	if err := json.Unmarshal([]byte(s.must("", "rotation", "status", "db", "--json")), &statuses); err != nil {
		s.t.Fatal(err)
	}
	return statuses[0].Step
}

// plan sets the blow that hits the next run.
func (s *site) plan(what string) {
	s.t.Helper()
	if err := os.WriteFile(filepath.Join(s.home, "home/plan"), []byte(what+"\n"), 0o600); err != nil {
		s.t.Fatal(err)
	}
}

// due makes the secret due and rotates it, with a blow on the way. Whatever comes
// of that, an application gets in, and one more run ends it well. The result is
// the first run, and the step at which it stood then.
func (s *site) due(blow string, hit func() ran) (first ran, step string) {
	s.t.Helper()
	s.now = s.now.Add(25 * time.Hour)
	first = hit()
	if !s.canLogin() {
		s.t.Fatalf("%s: locked out", blow)
	}
	step = s.step()
	s.now = s.now.Add(time.Hour) // the wait after a failure is over
	s.settle(blow)
	return first, step
}

// settle runs secret rotate --due once more.
func (s *site) settle(blow string) {
	s.t.Helper()
	if r := s.run(nil, "", "rotate", "--due"); r.code != 0 {
		s.t.Fatalf("%s: one more run exits with %d: %s%s", blow, r.code, r.stdout, r.stderr)
	}
	if v, ok := s.get("current"); !ok || !s.login(v) {
		s.t.Fatalf("%s: in the end the current value does not work", blow)
	}
	if _, ok := s.get("pending"); ok || s.step() != "" {
		s.t.Fatalf("%s: in the end something is pending", blow)
	}
}

//go:build unix

package timer

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"example.org/secret/vault"
)

// standIns puts programs into PATH that log their arguments. log returns the lines
// since its last call.
func standIns(t *testing.T, names ...string) (log func() string) {
	t.Helper()
	dir := t.TempDir()
	for _, name := range names {
		text := "#!/bin/sh\necho " + name + " \"$@\" >>'" + dir + "/log'\n"
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
	return func() string {
		text, _ := os.ReadFile(dir + "/log")
		os.Remove(dir + "/log")
		return string(text)
	}
}

// Install writes files that systemd and launchd read, and Remove removes them.
func TestTimers(t *testing.T) {
	log := standIns(t, "systemctl", "launchctl")
	command := Command{
		Args: []string{"/opt/a b/secret", "--vault", `/home/é "q" \100% $HOME <&>`, "rotate", "--due"},
		Run: func(_, program string, args ...string) (string, error) {
			output, err := exec.Command(program, args...).Output()
			return string(output), err
		},
	}
	for _, c := range []struct {
		about               string
		timer               func(dir string) Timer
		files               []string
		contains            string
		installing, leaving string
	}{
		{
			"systemd", func(dir string) Timer { return systemd{command, "secret-rotate", dir} },
			[]string{"secret-rotate.service", "secret-rotate.timer"},
			`ExecStart="/opt/a b/secret" "--vault" "/home/é \"q\" \\100%% $$HOME <&>" "rotate" "--due"`,
			"systemctl --user daemon-reload\nsystemctl --user enable --now secret-rotate.timer\n",
			"systemctl --user disable --now secret-rotate.timer\n",
		},
		{
			"launchd", func(dir string) Timer {
				return launchd{command, "org.example.secret-rotate", filepath.Join(dir, "org.example.secret-rotate.plist")}
			},
			[]string{"org.example.secret-rotate.plist"},
			`<string>/home/é "q" \100% $HOME &lt;&amp;&gt;</string>`,
			"launchctl load -w DIR/org.example.secret-rotate.plist\n",
			"launchctl unload -w DIR/org.example.secret-rotate.plist\n",
		},
	} {
		dir := filepath.Join(t.TempDir(), "new")
		timer := c.timer(dir)
		for range 2 { // installing twice is the same as once
			if err := timer.Install(); err != nil {
				t.Fatalf("%s: %v", c.about, err)
			}
			if got := strings.ReplaceAll(log(), dir, "DIR"); got != c.installing {
				t.Errorf("%s: installing calls\n%s", c.about, got)
			}
		}
		all := ""
		for _, name := range c.files {
			text, err := os.ReadFile(filepath.Join(dir, name))
			if err != nil {
				t.Fatalf("%s: %v", c.about, err)
			}
			all += string(text)
			if !strings.Contains(timer.Text(), string(text)) {
				t.Errorf("%s: %s differs from Text", c.about, name)
			}
		}
		if !strings.Contains(all, c.contains) {
			t.Errorf("%s: no %s in\n%s", c.about, c.contains, all)
		}
		checkUnits(t, dir)
		if err := timer.Remove(); err != nil {
			t.Errorf("%s: %v", c.about, err)
		}
		if got := strings.ReplaceAll(log(), dir, "DIR"); got != c.leaving {
			t.Errorf("%s: removing calls\n%s", c.about, got)
		}
		if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
			t.Errorf("%s: %v is left, %v", c.about, left, err)
		}
	}
}

// checkUnits verifies the units in dir with systemd, if there are units and systemd.
func checkUnits(t *testing.T, dir string) {
	t.Helper()
	units, err := filepath.Glob(filepath.Join(dir, "*.timer"))
	if err != nil || len(units) == 0 {
		return
	}
	if _, err := exec.LookPath("systemd-analyze"); err != nil {
		return
	}
	output, _ := exec.Command("systemd-analyze", "calendar", "hourly").CombinedOutput()
	if !strings.Contains(string(output), "Normalized form: *-*-* *:00:00") {
		t.Errorf("systemd reads the times as %s", output)
	}
	output, _ = exec.Command("systemd-analyze", "--user", "verify", units[0]).CombinedOutput()
	for line := range strings.Lines(string(output)) {
		// The program does not exist, and other units may be missing on this machine.
		if strings.Contains(line, "secret-rotate") && !strings.Contains(line, "is not executable") {
			t.Errorf("systemd says: %s", line)
		}
	}
}

func TestNew(t *testing.T) {
	const table = "# in crontab -e\n17 * * * * secret # secret rotate --due of /v\n"
	timer, err := New(Command{GOOS: "linux", Args: []string{"secret"}, Vault: "/v"})
	if err != nil || timer.Text() != table {
		t.Errorf("without systemd: %v, %v", timer, err)
	}
	_, err = New(Command{GOOS: "linux", Args: []string{"secret", "--vault", "/a\n* * * * * evil"}})
	if !errors.Is(err, vault.ErrInvalid) {
		t.Errorf("with a line break the error is %v", err)
	}
	if _, err := New(Command{GOOS: "windows"}); !errors.Is(err, vault.ErrInvalid) {
		t.Errorf("on Windows the error is %v", err)
	}
	usual, one, other := Command{Usual: true}, Command{Vault: "/one"}, Command{Vault: "/other"}
	if usual.name() != "secret-rotate" || one.name() == other.name() || !strings.HasPrefix(one.name(), "secret-rotate-") {
		t.Errorf("the names are %s, %s, %s", usual.name(), one.name(), other.name())
	}
}

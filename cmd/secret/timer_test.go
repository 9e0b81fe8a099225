//go:build unix

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// standIns puts programs into PATH that write down how they are called, and
// returns what they wrote.
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

// Where there is systemd or launchd, files are written that they can read, and
// taken away again.
func TestTimers(t *testing.T) {
	log := standIns(t, "systemctl", "launchctl")
	a := &app{environ: os.Environ()}
	command := []string{"/opt/a b/secret", "--vault", `/home/é "q" \100% $HOME <&>`, "rotate", "--due"}
	for _, c := range []struct {
		about               string
		timer               func(dir string) systemTimer
		files               []string
		contains            string
		installing, leaving string
	}{
		{
			"systemd", func(dir string) systemTimer { return systemd{a, command, "secret-rotate", dir} },
			[]string{"secret-rotate.service", "secret-rotate.timer"},
			`ExecStart="/opt/a b/secret" "--vault" "/home/é \"q\" \\100%% $$HOME <&>" "rotate" "--due"`,
			"systemctl --user daemon-reload\nsystemctl --user enable --now secret-rotate.timer\n",
			"systemctl --user disable --now secret-rotate.timer\n",
		},
		{
			"launchd", func(dir string) systemTimer {
				return launchd{a, command, "org.example.secret-rotate", filepath.Join(dir, "org.example.secret-rotate.plist")}
			},
			[]string{"org.example.secret-rotate.plist"},
			`<string>/home/é "q" \100% $HOME &lt;&amp;&gt;</string>`,
			"launchctl load -w DIR/org.example.secret-rotate.plist\n",
			"launchctl unload -w DIR/org.example.secret-rotate.plist\n",
		},
	} {
		dir := filepath.Join(t.TempDir(), "new")
		timer := c.timer(dir)
		for range 2 { // a second time changes nothing
			if err := timer.install(); err != nil {
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
			if !strings.Contains(timer.text(), string(text)) {
				t.Errorf("%s: %s is not what was shown", c.about, name)
			}
		}
		if !strings.Contains(all, c.contains) {
			t.Errorf("%s: no %s in\n%s", c.about, c.contains, all)
		}
		checkUnits(t, dir)
		if err := timer.remove(); err != nil {
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

// checkUnits lets systemd read the units in dir, if both are there.
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
		// The program of the test is not there, and this machine may lack other units.
		if strings.Contains(line, "secret-rotate") && !strings.Contains(line, "is not executable") {
			t.Errorf("systemd says: %s", line)
		}
	}
}

// Each vault has a timer of its own, which finds what is not in its usual place.
func TestTimerOfEachVault(t *testing.T) {
	home := t.TempDir()
	environment := map[string]string{"HOME": home, "XDG_STATE_HOME": home + "/state"}
	a := &app{environ: os.Environ(), getenv: func(name string) string { return environment[name] }}
	usual, err := a.vaultDir()
	if err != nil {
		t.Fatal(err)
	}
	if got := a.timerName(usual); got != "secret-rotate" {
		t.Errorf("the usual vault's timer is %s", got)
	}
	if one, other := a.timerName("/one"), a.timerName("/other"); one == other || !strings.HasPrefix(one, "secret-rotate-") {
		t.Errorf("the timers of two vaults are %s and %s", one, other)
	}
	command, err := a.dueCommand()
	if err != nil || strings.Join(command[:2], " ") != "/usr/bin/env XDG_STATE_HOME="+home+"/state" || command[4] != usual {
		t.Errorf("the command is %q, %v", command, err)
	}
	a.vaultFlag = "/a\n* * * * * evil"
	if _, err := a.systemTimer(); err == nil {
		t.Error("a line break in the vault's path is no error")
	}
}

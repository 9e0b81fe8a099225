package main_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// killCase is a command to kill, with its input.
type killCase struct {
	name  string
	args  []string
	stdin string
}

// tracedCalls are the system calls that have an effect, or stand between those
// that have. The long run adds those that only ask.
func tracedCalls() []string {
	calls := []string{
		"openat", "write", "fsync", "renameat", "renameat2", "unlinkat", "mkdirat", "linkat",
		"close", "flock",
	}
	if isLong() {
		calls = append(calls, "read", "fcntl", "fstat", "newfstatat", "getrandom", "epoll_ctl")
	}
	return calls
}

// A command that is killed at any system call leaves the old or the new state, which can be read. The next writer
// removes its temporary files.
func TestKilledAtEverySystemCall(t *testing.T) {
	needStrace(t)
	binary := build(t, ".")
	template := newOwner(t, binary)
	for _, c := range []killCase{
		{"new", []string{"set", "fresh"}, "value"},
		{"update", []string{"set", "target"}, "third"},
		{"merge", []string{"set", "pairs", "--merge", "B=3"}, ""},
		{"delete", []string{"delete", "target"}, ""},
		{"force-delete", []string{"delete", "target", "--force", "--yes"}, ""},
		{"rename", []string{"rename", "target", "moved"}, ""},
		{"rollback", []string{"rollback", "target"}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			before := template.state(t)
			done := template.copied(t)
			calls := done.traced(t, c)
			after := done.state(t)
			if before == after {
				t.Fatal("the command changes nothing")
			}
			seen := map[string]int{}
			sweep(calls, func(call string, n int) {
				o := template.copied(t)
				if !o.killed(t, c, call, n) {
					return
				}
				where := fmt.Sprintf("killed at %s %d", call, n)
				state := o.state(t)
				if state != before && state != after {
					t.Errorf("%s: neither the old nor the new state:\n%s", where, state)
				}
				seen[state]++
				o.checkRecovery(t, where, state)
			})
			if seen[before] == 0 || seen[after] == 0 {
				t.Errorf("%d kills left the old state and %d the new one; both have to be tried", seen[before], seen[after])
			}
			t.Logf("%d kills left the old state, %d the new one", seen[before], seen[after])
		})
	}
}

// checkRecovery finds everything usable after a kill that left the given state.
func (o owner) checkRecovery(t *testing.T, where, state string) {
	t.Helper()
	listed := o.must(t, "", "list") + o.must(t, "", "list", "--deleted")
	if strings.Count(listed, "\n") != strings.Count(state, "\n") {
		t.Errorf("%s: list prints\n%sof\n%s", where, listed, state)
	}
	o.must(t, "", "set", "next", "--generate")
	if left := o.leftovers(t); len(left) > 0 {
		t.Errorf("%s: the next writer leaves %v", where, left)
	}
	files, err := filepath.Glob(filepath.Join(o.vault, "secrets", "*.age"))
	if err != nil {
		t.Fatal(err)
	}
	if secrets := strings.Count(state, "\n") + 1; len(files) != secrets {
		t.Errorf("%s: %d files of %d secrets", where, len(files), secrets)
	}
	o.must(t, "", "delete", "next", "--force", "--yes")
	if again := o.state(t); again != state {
		t.Errorf("%s: the next writer changed\n%sto\n%s", where, state, again)
	}
}

// An init that is killed can be run again, and the vault works.
func TestInitKilledAtEverySystemCall(t *testing.T) {
	needStrace(t)
	binary := build(t, ".")
	newcomer := func() owner {
		dir := t.TempDir()
		return owner{binary: binary, vault: filepath.Join(dir, "a", "vault"), keyFile: filepath.Join(dir, "b", "key")}
	}
	c := killCase{name: "init", args: []string{"init"}}
	first := newcomer()
	var kills, again int
	sweep(first.traced(t, c), func(call string, n int) {
		o := newcomer()
		if !o.killed(t, c, call, n) {
			return
		}
		kills++
		switch r := run(t, o.command("init"), ""); r.code {
		case 0:
			again++
		case 5: // it was made
		default:
			t.Errorf("init after one that was killed at %s %d: exit code %d: %s", call, n, r.code, r.stderr)
			return
		}
		o.must(t, "value", "set", "first")
		if value := o.must(t, "", "get", "first"); value != "value" {
			t.Errorf("killed at %s %d: the vault gives %q", call, n, value)
		}
		if left := o.leftovers(t); len(left) > 0 {
			t.Errorf("killed at %s %d: left %v", call, n, left)
		}
	})
	if again == 0 || again == kills {
		t.Errorf("of %d kills %d left no vault; both have to be tried", kills, again)
	}
}

// needStrace is for sweeps, which kill a command at each of its system calls.
func needStrace(t *testing.T) {
	t.Helper()
	skipIfShort(t)
	if _, err := exec.LookPath("strace"); err != nil {
		unavailable(t, "strace is not installed")
	}
	if output, err := exec.Command("strace", "-f", "-o", os.DevNull, "true").CombinedOutput(); err != nil {
		unavailable(t, "strace may not trace here: %s", output)
	}
}

// copied returns an owner with a copy of the vault.
func (o owner) copied(t *testing.T) owner {
	t.Helper()
	dir := t.TempDir()
	copied := owner{binary: o.binary, vault: filepath.Join(dir, "vault"), keyFile: filepath.Join(dir, "key")}
	if err := os.CopyFS(copied.vault, os.DirFS(o.vault)); err != nil {
		t.Fatal(err)
	}
	// CopyFS makes directories that others may read.
	for _, dir := range []string{copied.vault, filepath.Join(copied.vault, "secrets")} {
		if err := os.Chmod(dir, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Link(o.keyFile, copied.keyFile); err != nil {
		t.Fatal(err)
	}
	return copied
}

// traced runs a command to its end and counts its system calls.
func (o owner) traced(t *testing.T, c killCase) map[string]int {
	t.Helper()
	log := filepath.Join(t.TempDir(), "log")
	strace := []string{"strace", "-f", "-qq", "-o", log, "-e", "trace=?" + strings.Join(tracedCalls(), ",?")}
	if r := run(t, o.wrapped(strace, c.args...), c.stdin); r.code != 0 {
		t.Fatalf("secret %s under strace: exit code %d: %s", c.args, r.code, r.stderr)
	}
	text, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	calls := map[string]int{}
	for line := range strings.Lines(string(text)) {
		for _, call := range tracedCalls() {
			if strings.Contains(line, " "+call+"(") {
				calls[call]++
			}
		}
	}
	if calls["fsync"] == 0 && calls["unlinkat"] == 0 {
		t.Fatalf("the log of strace shows no writing:\n%s", text)
	}
	return calls
}

// sweep tries the last calls of each kind, where the work is done; in long mode
// all of them. strace counts the calls of each thread, and a goroutine may move
// from one to another: not every number is reached in every run.
func sweep(calls map[string]int, try func(call string, n int)) {
	for _, call := range tracedCalls() {
		first := 1
		if !isLong() {
			first = max(1, calls[call]-3)
		}
		for n := first; n <= calls[call]; n++ {
			try(call, n)
		}
	}
}

// killed runs a command that is killed when it enters its n-th call, and reports
// whether it got there.
func (o owner) killed(t *testing.T, c killCase, call string, n int) bool {
	t.Helper()
	strace := []string{
		"strace", "-f", "-qq", "-o", os.DevNull, "-e", "trace=" + call,
		"-e", fmt.Sprintf("inject=%s:signal=KILL:when=%d", call, n),
	}
	r := run(t, o.wrapped(strace, c.args...), c.stdin)
	if r.code > 0 {
		t.Errorf("secret %s, to be killed at %s %d: exit code %d: %s", c.args, call, n, r.code, r.stderr)
	}
	return r.code < 0
}

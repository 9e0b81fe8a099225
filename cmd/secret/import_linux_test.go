package main_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
)

// await looks for a state that passes within milliseconds.
func await(t *testing.T, reached func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !reached(); runtime.Gosched() {
		if time.Now().After(deadline) {
			t.Fatal("it does not get there")
		}
	}
}

// imported is a JSON file of n secrets that are new, and one that is not.
func imported(t *testing.T, n, size int) string {
	t.Helper()
	secrets := map[string]string{"target": "imported"}
	for i := range n {
		secrets[fmt.Sprintf("new%d", i)] = strings.Repeat("x", size)
	}
	text, err := json.Marshal(secrets)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

var importArgs = []string{"import", "-", "--format", "json", "--on-clash", "version"}

// An import that is killed at any system call stored all of its secrets or none, and the
// next writer clears away the rest.
func TestImportKilledAtEverySystemCall(t *testing.T) {
	needStrace(t)
	template := newOwner(t, build(t, "."))
	before := template.state(t)
	c := killCase{"import", importArgs, imported(t, 3, 10)}
	done := template.copied(t)
	calls := done.traced(t, c)
	after := done.state(t)
	seen := map[string]int{}
	sweep(calls, func(call string, n int) {
		o := template.copied(t)
		if !o.killed(t, c, call, n) {
			return
		}
		state := o.state(t)
		if state != before && state != after {
			t.Errorf("killed at %s %d: neither all nor nothing:\n%s", call, n, state)
		}
		seen[state]++
		o.checkRecovery(t, fmt.Sprintf("killed at %s %d", call, n), state)
	})
	if seen[before] == 0 || seen[after] == 0 {
		t.Errorf("%d kills left the old state, %d the new one; both have to be tried", seen[before], seen[after])
	}
	t.Logf("%d kills left the old state, %d the new one", seen[before], seen[after])
}

// A large import that is killed, or told to end, while its files move to their places
// stored everything.
func TestLargeImportEndedWhileFilesMove(t *testing.T) {
	skipIfShort(t)
	const many = 1000
	binary := build(t, ".")
	text := imported(t, many, 10)
	for _, sig := range []syscall.Signal{syscall.SIGKILL, syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP} {
		t.Run(sig.String(), func(t *testing.T) {
			t.Parallel()
			o := newOwner(t, binary)
			cmd := o.command(importArgs...)
			cmd.Stdin = strings.NewReader(text)
			var stderr bytes.Buffer
			cmd.Stderr = &stderr
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			moved := func() int {
				files, err := filepath.Glob(filepath.Join(o.vault, "secrets", "*.age"))
				if err != nil {
					t.Error(err)
				}
				return len(files)
			}
			await(t, func() bool { return moved() >= many/20 })
			_ = cmd.Process.Signal(sig)
			_ = cmd.Wait()
			if got := strings.Count(o.must(t, "", "list"), "\n"); got < many {
				t.Errorf("%d of more than %d secrets are there; it said %q", got, many, stderr.String())
			}
			if value := o.must(t, "", "get", "target"); value != "imported" {
				t.Errorf("target has the value %q", value)
			}
			o.must(t, "", "set", "next", "--generate")
			if left := o.leftovers(t); len(left) > 0 {
				t.Errorf("left: %v", left)
			}
		})
	}
}

// An import that is told to end before that stores nothing, and says so.
func TestLargeImportInterrupted(t *testing.T) {
	skipIfShort(t)
	o := newOwner(t, build(t, "."))
	before := o.state(t)
	cmd := o.command(importArgs...)
	cmd.Stdin = strings.NewReader(imported(t, 3000, 10))
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	staged := filepath.Join(o.vault, "secrets", ".staged", "*.age")
	await(t, func() bool {
		files, err := filepath.Glob(staged)
		return err != nil || len(files) > 0
	})
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	err := cmd.Wait()
	if exit, ok := errors.AsType[*exec.ExitError](err); !ok || exit.ExitCode() != 130 ||
		stderr.String() != "secret: interrupted; nothing was stored\n" {
		t.Errorf("%v, %q", err, stderr.String())
	}
	if state := o.state(t); state != before {
		t.Errorf("the vault changed to\n%s", state)
	}
	if left := o.leftovers(t); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}

// An import into a disk that is full, at first or in the midst of it, changes
// nothing and leaves nothing.
func TestImportIntoFullDisk(t *testing.T) {
	skipIfShort(t)
	t.Parallel()
	binary := build(t, ".")
	for _, free := range []int{0, 1, 3, 6} {
		t.Run(fmt.Sprint(free), func(t *testing.T) {
			o := tmpfsOwner(t, binary, "size=128k")
			o.fill(t)
			before := o.state(t)
			filler := filepath.Join(filepath.Dir(o.vault), "filler")
			fillBytes(t, filler, free)
			r := run(t, o.command(importArgs...), imported(t, 10, 3000))
			o.checkRefusal(t, importArgs, r, "no space left on device")
			if state := o.state(t); state != before {
				t.Errorf("the vault changed from\n%sto\n%s", before, state)
			}
			if left := o.leftovers(t); len(left) > 0 {
				t.Errorf("left: %v", left)
			}
			if err := os.Remove(filler); err != nil {
				t.Fatal(err)
			}
			o.must(t, imported(t, 10, 3000), importArgs...)
			if value := o.must(t, "", "get", "target"); value != "imported" {
				t.Errorf("with room it stores %q", value)
			}
		})
	}
}

// An export that does not fit leaves no half file.
func TestExportIntoFullDisk(t *testing.T) {
	skipIfShort(t)
	t.Parallel()
	binary := build(t, ".")
	o := newOwner(t, binary)
	o.must(t, imported(t, 10, 3000), importArgs...)
	small := tmpfsOwner(t, binary, "size=16k")
	out := filepath.Join(filepath.Dir(small.vault), "export.json")
	r := run(t, o.command("export", "--out", out), "")
	if r.code != 1 || !strings.Contains(r.stderr, "no space left on device") {
		t.Errorf("exit code %d, %q", r.code, r.stderr)
	}
	if _, err := os.Lstat(out); err == nil {
		t.Error("a part of the export is left")
	}
}

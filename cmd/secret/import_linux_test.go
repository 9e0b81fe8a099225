package main_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

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

// An import that is killed leaves every secret in its old or its new state, and the
// next writer clears away what it had prepared.
func TestImportKilledAtEverySystemCall(t *testing.T) {
	needStrace(t)
	template := newOwner(t, build(t, "."))
	before := template.state(t)
	c := killCase{"import", importArgs, imported(t, 3, 10)}
	done := template.copied(t)
	calls := done.traced(t, c)
	after := done.state(t)
	allowed := map[string]bool{}
	for line := range strings.Lines(before + after) {
		allowed[line] = true
	}
	var old, between, updated int
	sweep(calls, func(call string, n int) {
		o := template.copied(t)
		if !o.killed(t, c, call, n) {
			return
		}
		state := o.state(t)
		for line := range strings.Lines(state) {
			if !allowed[line] {
				t.Errorf("killed at %s %d: neither old nor new: %s", call, n, line)
			}
		}
		switch {
		case !strings.Contains(state, "bystander") || !strings.Contains(state, "target"):
			t.Errorf("killed at %s %d: something is gone:\n%s", call, n, state)
		case state == before:
			old++
		case state == after:
			updated++
		default:
			between++
		}
		o.checkRecovery(t, fmt.Sprintf("killed at %s %d", call, n), state)
	})
	if old == 0 || updated == 0 {
		t.Errorf("%d kills left the old state, %d the new one; both have to be tried", old, updated)
	}
	t.Logf("%d kills left the old state, %d some of the new one, %d all of it", old, between, updated)
}

// An import into a disk that is full, at first or in the midst of it, changes
// nothing and leaves nothing.
func TestImportIntoFullDisk(t *testing.T) {
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

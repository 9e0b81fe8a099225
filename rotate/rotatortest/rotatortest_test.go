//go:build unix

package rotatortest_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"example.org/secret/rotate"
	"example.org/secret/rotate/rotatortest"
)

func TestCall(t *testing.T) {
	for text, want := range map[string]string{
		"exit 0":                       "",
		"exit 1":                       "it ignores a step that it does not know",
		`[ "$SECRET_STEP" = unknown ]`: "",
	} {
		dir := t.TempDir()
		path := filepath.Join(dir, "rotator")
		if err := errors.Join(
			os.Chmod(dir, 0o700), // the umask may let a group write to it
			os.WriteFile(path, []byte("#!/bin/sh\n"+text+"\n"), 0o700),
		); err != nil {
			t.Fatal(err)
		}
		var failed []string
		c := &rotatortest.Checker{
			Executor: &rotate.Executor{WorkDir: dir, Environ: os.Environ()}, Rotator: path,
			Report: func(f rotatortest.Finding) {
				if f.Err != nil {
					failed = append(failed, f.Check)
				}
			},
		}
		c.Call(t.Context())
		if strings.Join(failed, "; ") != want || c.Failed() != len(failed) {
			t.Errorf("of %q the checks that failed are %q", text, failed)
		}
	}
	c := &rotatortest.Checker{
		Executor: &rotate.Executor{}, Rotator: "/no/such/rotator",
		Report: func(rotatortest.Finding) {},
	}
	if c.Call(t.Context()); c.Failed() != 1 {
		t.Error("a rotator that is not there passes")
	}
}

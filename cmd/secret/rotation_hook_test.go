//go:build unix

package main

import (
	"bytes"
	"os"
	"strings"
	"testing"
	"time"

	"example.org/secret/rotate"
)

// A command that hangs is stopped with its children.
func TestHookTimeout(t *testing.T) {
	t.Parallel()
	var output bytes.Buffer
	hook := rotationHook{"echo begun; sleep 60; echo ended", os.Environ(), &output, 300 * time.Millisecond}
	began := time.Now()
	err := hook.run(rotate.Result{Name: "db", Outcome: rotate.Rotated})
	if err == nil || !strings.Contains(err.Error(), "was stopped after 300ms") || time.Since(began) > 20*time.Second {
		t.Errorf("after %v the error is %v", time.Since(began), err)
	}
	if got := output.String(); got != "begun\n" {
		t.Errorf("it printed %q", got)
	}
}

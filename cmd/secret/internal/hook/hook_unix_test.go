//go:build unix

package hook_test

import (
	"bytes"
	"os"
	"strings"
	"testing"
	"time"

	"example.org/secret/cmd/secret/internal/hook"
	"example.org/secret/rotate"
)

// A command that hangs is stopped with its children.
func TestTimeout(t *testing.T) {
	t.Parallel()
	var output bytes.Buffer
	h := hook.Hook{
		Command: "echo begun; sleep 60; echo ended", Environ: os.Environ(), Output: &output, Timeout: 300 * time.Millisecond,
	}
	began := time.Now()
	err := h.Run(rotate.Result{Name: "db", Outcome: rotate.Rotated})
	if err == nil || !strings.Contains(err.Error(), "was stopped after 300ms") || time.Since(began) > 20*time.Second {
		t.Errorf("after %v the error is %v", time.Since(began), err)
	}
	if got := output.String(); got != "begun\n" {
		t.Errorf("it printed %q", got)
	}
}

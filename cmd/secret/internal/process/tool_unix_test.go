//go:build unix

package process_test

import (
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"example.org/secret/cmd/secret/internal/process"
)

func TestTool(t *testing.T) {
	t.Parallel()
	tool := process.Tool{Environ: os.Environ(), Timeout: 20 * time.Second}
	output, err := tool.Run("in", "sh", "-c", "cat; echo out")
	if err != nil || output != "inout\n" {
		t.Errorf("the output is %q, %v", output, err)
	}
	_, err = tool.Run("", "sh", "-c", "echo why >&2; exit 3")
	if err == nil || err.Error() != "sh: exit status 3: why" {
		t.Errorf("the error is %v", err)
	}
}

// A tool that hangs is stopped with its children.
func TestToolTimeout(t *testing.T) {
	t.Parallel()
	began := time.Now()
	output, err := process.Tool{Environ: os.Environ(), Timeout: 300 * time.Millisecond}.Run("", "sh", "-c",
		"echo begun; sleep 60; echo ended")
	if err == nil || !strings.Contains(err.Error(), "sh did not end within 300ms") || time.Since(began) > 20*time.Second {
		t.Errorf("after %v the error is %v", time.Since(began), err)
	}
	if output != "begun\n" {
		t.Errorf("the output is %q", output)
	}
}

// A process that a tool leaves behind does not hold up Feed.
func TestFeedLeavesProcess(t *testing.T) {
	t.Parallel()
	began := time.Now()
	if err := (process.Tool{Environ: os.Environ(), Timeout: time.Minute}).Feed(nil, "sh", "-c", "sleep 30 &"); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(began); took > 20*time.Second {
		t.Errorf("it took %v", took)
	}
}

// A signal ends a program.
func TestBoundsSignal(t *testing.T) {
	t.Parallel()
	signals := make(chan os.Signal, 1)
	signals <- os.Interrupt
	for _, attended := range []bool{false, true} {
		cmd := exec.Command("sleep", "60")
		if err := (process.Bounds{Signals: signals, Attended: attended}).Run(cmd); !errors.Is(err, process.ErrSignaled) {
			t.Errorf("the error is %v", err)
		}
		signals <- os.Interrupt
	}
}

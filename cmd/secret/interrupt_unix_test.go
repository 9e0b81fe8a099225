//go:build unix

package main_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// A signal ends the wait for the writer of a named pipe, and nothing changes.
func TestInterruptedInput(t *testing.T) {
	o := newOwner(t, build(t, "."))
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	before := o.must(t, "", "list", "--json")
	for _, args := range [][]string{
		{"set", "target", "--file", pipe},
		{"set", "pairs", "A=@" + pipe},
		{"import", pipe, "--format", "dotenv"},
		{"inject", "--in", pipe},
		{"run", "--env-file", pipe, "--", "true"},
	} {
		for _, signal := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM} {
			cmd := o.command(args...)
			var stderr bytes.Buffer
			cmd.Stderr = &stderr
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			// Opening this end waits for the other one. Nothing is ever written.
			writer, err := os.OpenFile(pipe, os.O_WRONLY, 0)
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Process.Signal(signal); err != nil {
				t.Fatal(err)
			}
			_ = cmd.Wait()
			writer.Close()
			if code := cmd.ProcessState.ExitCode(); code != 130 || !strings.Contains(stderr.String(), "interrupted") {
				t.Errorf("%q by %v: exit code %d: %s", args, signal, code, stderr.String())
			}
		}
	}
	if after := o.must(t, "", "list", "--json"); after != before {
		t.Errorf("the secrets were\n%s\nand are\n%s", before, after)
	}
}

package durable_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"example.org/secret/vault/durable"
)

// writerVariable has this test's own binary do one write, to be killed meanwhile.
const writerVariable = "DURABLE_TEST_WRITE"

func TestMain(m *testing.M) {
	if path := os.Getenv(writerVariable); path != "" {
		if err := durable.Replace(path, []byte("new")); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// A killed writer leaves the old or the new file, and the next write removes its temporary
// files.
func TestKilledAtEverySystemCall(t *testing.T) {
	if testing.Short() {
		t.Skip("it kills a hundred processes")
	}
	if err := exec.Command("strace", "-f", "-o", os.DevNull, "true").Run(); err != nil {
		t.Skip("strace cannot trace here:", err)
	}
	for _, before := range []string{"", "old"} {
		for _, call := range []string{"openat", "write", "fsync", "renameat", "linkat", "close", "unlinkat", "flock"} {
			for n := 1; n <= 12; n++ {
				dir := t.TempDir()
				path := filepath.Join(dir, "file")
				if before != "" {
					write(t, path, before)
				}
				cmd := exec.Command("strace", "-f", "-qq", "-o", os.DevNull, "-P", dir, "-P", path, "-e", "trace="+call,
					"-e", fmt.Sprintf("inject=%s:signal=KILL:when=%d", call, n), os.Args[0])
				cmd.Env = append(os.Environ(), writerVariable+"="+path)
				if err := cmd.Run(); err == nil {
					break // it makes no more such calls
				}
				got, err := os.ReadFile(path)
				if string(got) != "new" && (string(got) != before || before == "" && err == nil) {
					t.Fatalf("killed at %s %d of a file with %q: it has %q (%v)", call, n, before, got, err)
				}
				if err := durable.Replace(filepath.Join(dir, "other"), nil); err != nil {
					t.Fatal(err)
				}
				left, err := filepath.Glob(filepath.Join(dir, ".new*"))
				if err != nil || len(left) > 0 {
					t.Errorf("killed at %s %d: the next write leaves %v", call, n, left)
				}
			}
		}
	}
}

package main_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

// An init whose disk fails leaves a vault and its key, or neither.
func TestInitOnFailingDisk(t *testing.T) {
	skipIfShort(t)
	needStrace(t)
	binary := build(t, ".")
	failures := 0
	for _, failure := range []string{"EIO", "ENOSPC"} {
		for n := 1; ; n++ {
			dir := t.TempDir()
			o := owner{binary: binary, vault: filepath.Join(dir, "vault"), keyFile: filepath.Join(dir, "key")}
			inject := fmt.Sprintf("inject=fsync:error=%s:when=%d", failure, n)
			r := run(t, o.wrapped([]string{"strace", "-f", "-qq", "-o", os.DevNull, "-e", "trace=fsync", "-e", inject},
				"init"), "")
			if r.code == 0 {
				break
			}
			failures++
			_, keyErr := os.Lstat(o.keyFile)
			_, headerErr := os.Lstat(filepath.Join(o.vault, "vault.yaml"))
			hasKey, hasVault := !errors.Is(keyErr, fs.ErrNotExist), !errors.Is(headerErr, fs.ErrNotExist)
			if r.code != 1 || hasKey != hasVault {
				t.Errorf("%s: exit code %d; key: %v, vault: %v; %s", inject, r.code, hasKey, hasVault, r.stderr)
			}
			if !hasVault {
				o.must(t, "", "init")
			}
			o.must(t, "a value", "set", "name")
		}
	}
	if failures < 6 {
		t.Errorf("only %d runs failed", failures)
	}
}

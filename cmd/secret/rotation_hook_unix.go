//go:build unix

package main

import (
	"os/exec"
	"syscall"
)

// endWithChildren starts cmd in a session of its own, and kills its whole process group
// when its context ends.
func endWithChildren(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
}

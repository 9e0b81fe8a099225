//go:build unix

package process

import (
	"os"
	"os/exec"
	"syscall"
)

// Detach makes cmd outlive the terminal.
func Detach(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} }

func killGroup(p *os.Process) error { return syscall.Kill(-p.Pid, syscall.SIGKILL) }

//go:build unix

package ageprogram

import (
	"os"
	"syscall"
)

// ownGroup gives age a session of its own, without a terminal at which a plugin could ask.
func ownGroup() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setsid: true} }

// killGroup ends age and its plugins.
func killGroup(p *os.Process) error { return syscall.Kill(-p.Pid, syscall.SIGKILL) }

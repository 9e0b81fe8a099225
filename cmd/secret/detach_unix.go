//go:build unix

package main

import (
	"os"
	"syscall"
)

// detached is for a process that outlives the terminal.
func detached() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setsid: true} }

// killDetached ends such a process, and those that it started.
func killDetached(p *os.Process) error { return syscall.Kill(-p.Pid, syscall.SIGKILL) }

package main

import (
	"os"
	"syscall"

	"golang.org/x/sys/windows"
)

// detached is for a process that outlives the terminal.
func detached() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{CreationFlags: windows.DETACHED_PROCESS | windows.CREATE_NEW_PROCESS_GROUP}
}

// killDetached ends such a process.
func killDetached(p *os.Process) error { return p.Kill() }

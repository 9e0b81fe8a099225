package main

import (
	"syscall"

	"golang.org/x/sys/windows"
)

// detached is for a process that outlives the terminal.
func detached() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{CreationFlags: windows.DETACHED_PROCESS | windows.CREATE_NEW_PROCESS_GROUP}
}

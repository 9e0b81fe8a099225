package ageprogram

import (
	"os"
	"syscall"

	"golang.org/x/sys/windows"
)

// ownGroup gives age no console at which a plugin could ask.
func ownGroup() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{CreationFlags: windows.DETACHED_PROCESS | windows.CREATE_NEW_PROCESS_GROUP}
}

// killGroup ends age.
func killGroup(p *os.Process) error { return p.Kill() }

//go:build unix

package main

import "syscall"

// detached is for a process that outlives the terminal.
func detached() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setsid: true} }

package main

import "golang.org/x/sys/unix"

// hardenProcess keeps other processes of the same user from reading our memory
// and environment through /proc, and the kernel from writing a core dump. It is
// not passed on to the programs that we start. There is nothing to do about a
// kernel that refuses.
func hardenProcess() {
	_ = unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0)
}

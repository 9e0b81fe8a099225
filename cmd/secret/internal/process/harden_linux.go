package process

import "golang.org/x/sys/unix"

// Harden keeps other processes of the same user from reading the memory and environment of this one through
// /proc, and the kernel from writing a core dump. Programs that this one starts do not inherit it. Nothing can be done
// about a kernel that refuses.
func Harden() {
	_ = unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0)
}

package rotate

import "syscall"

// ownSession kills the rotator when this process ends, even by a signal, because the next
// run continues its work. The kernel sends the signal when the thread that started the
// rotator ends. No goroutine here is locked to its thread, so that this is the end of the
// process.
func ownSession() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setsid: true, Pdeathsig: syscall.SIGKILL}
}

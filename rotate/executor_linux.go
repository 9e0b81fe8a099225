package rotate

import "syscall"

// ownSession makes the rotator die with us, even if we are killed: it must not
// work on beside the run that continues this one. The signal comes when the
// thread that started it ends, which is when the process does, since no goroutine
// here is locked to its thread.
func ownSession() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setsid: true, Pdeathsig: syscall.SIGKILL}
}

//go:build unix && !linux

package rotate

import "syscall"

// ownSession starts the rotator in a session. These systems do not kill it with us.
func ownSession() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setsid: true} }

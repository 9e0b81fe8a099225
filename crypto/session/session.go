// Package session keeps a vault's master key in the memory of the kernel for a limited time, so that the user types a
// passphrase once a day and not for each command.
//
// It uses the user keyring of Linux (user-keyring(7)). The key is in no file and is never swapped, every process of the
// same user can read it, and it is gone after its time, at the end of the user's last process or at a restart. Other
// systems have no such keyring: there, every method returns [ErrUnavailable].
package session

import "errors"

var (
	// ErrUnavailable means that the kernel offers no keyring: on another system, or in a container that may not use it.
	ErrUnavailable = errors.New("the kernel keeps no keys here")
	// ErrClosed means that no session is open, or that its time has passed.
	ErrClosed = errors.New("no session is open")
)

// Kernel keeps sessions in the memory of the kernel.
type Kernel struct{}

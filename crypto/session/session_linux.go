package session

import (
	"errors"
	"fmt"
	"runtime"
	"time"

	"golang.org/x/sys/unix"
)

const (
	keyType = "user"
	// maxKeySize is several times the size of a master key.
	maxKeySize = 1024
	// permissions let processes of the same user find and read the key from any login session. By default only the
	// session that added it can.
	permissions = 0x3f1f0000
)

func description(vaultID string) string { return "secret:" + vaultID }

// Open keeps key for the vault until timeout, in whole seconds, has passed.
func (Kernel) Open(vaultID, key string, timeout time.Duration) error {
	// The kernel makes the process keyring for the calling thread alone, and refuses the key to the others.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	// Only this process has the key until the timeout is set. A process that is killed before leaves no key behind.
	id, err := unix.AddKey(keyType, description(vaultID), []byte(key), unix.KEY_SPEC_PROCESS_KEYRING)
	if err == nil {
		_, err = unix.KeyctlInt(unix.KEYCTL_SET_TIMEOUT, id, int(timeout/time.Second), 0, 0)
	}
	if err == nil {
		err = unix.KeyctlSetperm(id, permissions)
	}
	if err == nil {
		_, err = unix.KeyctlInt(unix.KEYCTL_LINK, id, unix.KEY_SPEC_USER_KEYRING, 0, 0)
	}
	return classify(err)
}

// Get returns the key of an open session. It returns [ErrClosed] or [ErrUnavailable] if there is none.
func (Kernel) Get(vaultID string) (string, error) {
	id, err := find(vaultID)
	if err != nil {
		return "", err
	}
	buffer := make([]byte, maxKeySize)
	n, err := unix.KeyctlBuffer(unix.KEYCTL_READ, id, buffer, 0)
	if err != nil {
		return "", classify(err)
	}
	if n > len(buffer) {
		return "", fmt.Errorf("%w: the entry is longer than a key", ErrClosed)
	}
	return string(buffer[:n]), nil
}

// Close ends a session. It returns nil if none is open.
func (Kernel) Close(vaultID string) error {
	id, err := find(vaultID)
	if errors.Is(err, ErrClosed) {
		return nil
	}
	if err != nil {
		return err
	}
	if _, err := unix.KeyctlInt(unix.KEYCTL_REVOKE, id, 0, 0, 0); err != nil {
		return classify(err)
	}
	_, err = unix.KeyctlInt(unix.KEYCTL_UNLINK, id, unix.KEY_SPEC_USER_KEYRING, 0, 0)
	return classify(err)
}

func find(vaultID string) (int, error) {
	id, err := unix.KeyctlSearch(unix.KEY_SPEC_USER_KEYRING, keyType, description(vaultID), 0)
	return id, classify(err)
}

func classify(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, unix.ENOKEY), errors.Is(err, unix.EKEYEXPIRED), errors.Is(err, unix.EKEYREVOKED):
		return ErrClosed
	}
	return fmt.Errorf("%w: %w", ErrUnavailable, err)
}

//go:build unix

package keyring

import (
	"errors"
	"fmt"
	"os/exec"
	"syscall"
	"testing"

	gokeyring "github.com/zalando/go-keyring"
)

func TestClassify(t *testing.T) {
	security := func(status int) error {
		return exec.Command("/bin/sh", "-c", fmt.Sprintf("exit %d", status)).Run()
	}
	for _, test := range []struct{ err, want error }{
		{gokeyring.ErrNotFound, ErrNotFound},
		{gokeyring.ErrSetDataTooBig, ErrNotStored},
		{gokeyring.ErrUnsupportedPlatform, ErrUnavailable},
		// OSStatus -25308, -25293, -128, -25300 and -25307 (no default keychain)
		{security(36), ErrLocked},
		{security(51), ErrLocked},
		{security(128), ErrLocked},
		{security(44), ErrNotFound},
		{security(37), ErrUnavailable},
		// Windows over ssh.
		{syscall.Errno(1312), ErrUnavailable},
	} {
		if got := classify(test.err); !errors.Is(got, test.want) {
			t.Errorf("classify(%v) = %v, not %v", test.err, got, test.want)
		}
	}
}

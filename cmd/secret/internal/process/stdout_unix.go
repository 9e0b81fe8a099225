//go:build unix

package process

import (
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// Stdout returns the standard output. If the standard output was closed, Go has opened the null device in its place,
// for reading too, and a write to it would look like success.
func Stdout() io.Writer {
	flags, err := unix.FcntlInt(os.Stdout.Fd(), unix.F_GETFL, 0)
	if err != nil || flags&unix.O_ACCMODE != unix.O_RDWR {
		return os.Stdout
	}
	info, err := os.Stdout.Stat()
	null, nullErr := os.Stat(os.DevNull)
	if err == nil && nullErr == nil && os.SameFile(info, null) {
		return closedOutput{}
	}
	return os.Stdout
}

type closedOutput struct{}

func (closedOutput) Write([]byte) (int, error) { return 0, os.ErrClosed }

//go:build unix

package prompt

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"os"
	"os/signal"
	"syscall"

	"golang.org/x/sys/unix"
)

// Open opens the terminal of the process, whatever its standard streams are.
func Open() (*Terminal, error) {
	tty, err := os.OpenFile("/dev/tty", os.O_RDWR, 0)
	if err != nil {
		return nil, ErrNoTerminal
	}
	return &Terminal{In: tty, Out: tty, Lines: bufio.NewReader(tty)}, nil
}

// readHidden reads a line without echo. Unlike term.ReadPassword it returns [io.EOF] for Ctrl-D, also after some text.
func readHidden(fd int) ([]byte, error) {
	before, err := unix.IoctlGetTermios(fd, getTermios)
	if err != nil {
		return nil, err
	}
	hidden := *before
	hidden.Lflag &^= unix.ECHO
	hidden.Lflag |= unix.ICANON | unix.ISIG
	hidden.Iflag |= unix.ICRNL
	if err := unix.IoctlSetTermios(fd, setTermios, &hidden); err != nil {
		return nil, err
	}
	defer func() { _ = unix.IoctlSetTermios(fd, setTermios, before) }()
	// A read returns one line, which is shorter than the buffer. A line without an end was ended by Ctrl-D.
	buffer := make([]byte, 2*maxLine)
	for {
		n, err := unix.Read(fd, buffer)
		switch {
		case errors.Is(err, unix.EINTR):
			continue
		case err != nil:
			return nil, err
		case !bytes.HasSuffix(buffer[:n], []byte("\n")):
			return nil, io.EOF
		}
		return bytes.TrimSuffix(buffer[:n], []byte("\n")), nil
	}
}

// catchStops returns a channel that Ctrl-Z writes to instead of stopping the program, until ignore is called.
func catchStops() (stops <-chan os.Signal, ignore func()) {
	caught := make(chan os.Signal, 1)
	signal.Notify(caught, syscall.SIGTSTP)
	return caught, func() { signal.Stop(caught) }
}

// stopProcess stops the process and returns when it continues. The signal that stops it may reach another thread first,
// while this one still runs.
func stopProcess() {
	goOn := make(chan os.Signal, 1)
	signal.Notify(goOn, syscall.SIGCONT)
	defer signal.Stop(goOn)
	if err := syscall.Kill(os.Getpid(), syscall.SIGSTOP); err == nil {
		<-goOn
	}
}

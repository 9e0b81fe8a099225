package prompt

import (
	"bufio"
	"os"

	"golang.org/x/term"
)

// Open opens the console of the process, whatever its standard streams are.
func Open() (*Terminal, error) {
	in, err := os.OpenFile("CONIN$", os.O_RDWR, 0)
	if err != nil {
		return nil, ErrNoTerminal
	}
	out, err := os.OpenFile("CONOUT$", os.O_WRONLY, 0)
	if err != nil {
		_ = in.Close()
		return nil, ErrNoTerminal
	}
	return &Terminal{In: in, Out: out, Lines: bufio.NewReader(in)}, nil
}

func readHidden(fd int) ([]byte, error) { return term.ReadPassword(fd) }

// catchStops returns nil, since no key stops a program on Windows.
func catchStops() (stops <-chan os.Signal, ignore func()) { return nil, func() {} }

func stopProcess() {}

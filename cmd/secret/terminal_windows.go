package main

import (
	"bufio"
	"os"
)

func openTerminal() (*terminal, error) {
	in, err := os.OpenFile("CONIN$", os.O_RDWR, 0)
	if err != nil {
		return nil, errNoTerminal
	}
	out, err := os.OpenFile("CONOUT$", os.O_WRONLY, 0)
	if err != nil {
		in.Close()
		return nil, errNoTerminal
	}
	return &terminal{in: in, out: out, lines: bufio.NewReader(in)}, nil
}

// catchStops: nothing stops a program here.
func catchStops() (stops <-chan os.Signal, ignore func()) { return nil, func() {} }

func stopProcess() {}

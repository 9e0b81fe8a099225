//go:build unix

package main

import (
	"bufio"
	"os"
)

func openTerminal() (*terminal, error) {
	tty, err := os.OpenFile("/dev/tty", os.O_RDWR, 0)
	if err != nil {
		return nil, errNoTerminal
	}
	return &terminal{in: tty, out: tty, lines: bufio.NewReader(tty)}, nil
}

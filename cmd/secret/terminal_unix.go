//go:build unix

package main

import (
	"bufio"
	"os"
	"os/signal"
	"syscall"
)

func openTerminal() (*terminal, error) {
	tty, err := os.OpenFile("/dev/tty", os.O_RDWR, 0)
	if err != nil {
		return nil, errNoTerminal
	}
	return &terminal{in: tty, out: tty, lines: bufio.NewReader(tty)}, nil
}

// catchStops has Ctrl-Z tell of itself, and not stop the program.
func catchStops() (stops <-chan os.Signal, ignore func()) {
	caught := make(chan os.Signal, 1)
	signal.Notify(caught, syscall.SIGTSTP)
	return caught, func() { signal.Stop(caught) }
}

// stopProcess returns when the program goes on. The signal that stops it may come
// to another thread first, while this one still runs.
func stopProcess() {
	goOn := make(chan os.Signal, 1)
	signal.Notify(goOn, syscall.SIGCONT)
	defer signal.Stop(goOn)
	if err := syscall.Kill(os.Getpid(), syscall.SIGSTOP); err == nil {
		<-goOn
	}
}

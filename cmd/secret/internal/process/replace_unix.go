//go:build unix

package process

import (
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// passed are the signals that go on to the command. SIGTSTP and SIGTTIN are among them, so that this process stops if
// the command stops.
var passed = []os.Signal{
	syscall.SIGHUP, syscall.SIGINT, syscall.SIGQUIT, syscall.SIGTERM, syscall.SIGUSR1, syscall.SIGUSR2,
	syscall.SIGALRM, syscall.SIGWINCH, syscall.SIGCONT, syscall.SIGTSTP, syscall.SIGTTIN,
}

// Run runs the command and returns its exit code. If no stream is masked and this process need not stay, the command
// takes its place, and Run returns only an error.
func Run(c Command) (int, error) {
	if !c.MaskStdout && !c.MaskStderr && !c.Stay {
		return CannotRun, startError(syscall.Exec(c.Path, c.Args, c.Env))
	}
	signals := make(chan os.Signal, 32)
	for _, s := range passed {
		// The command ignores the signals that this process ignores, as with nohup.
		if s == syscall.SIGCONT || !signal.Ignored(s) {
			signal.Notify(signals, s)
		}
	}
	// A reader that has gone must not end this process before the command.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
	f := filters{masker: c.Masker}
	files, err := f.streams(c)
	if err != nil {
		return 1, fmt.Errorf("cannot make a pipe: %w", err)
	}
	process, err := os.StartProcess(c.Path, c.Args, &os.ProcAttr{Env: c.Env, Files: files})
	f.started()
	if err != nil {
		return CannotRun, startError(err)
	}
	status := follow(process.Pid, signals)
	finish(&f, signals)
	return exitCode(status), nil
}

func startError(err error) error {
	var errno syscall.Errno
	switch {
	case !errors.As(err, &errno):
		return err
	case errno == syscall.E2BIG:
		return errors.New("its arguments and environment together are too long for the system")
	case errno == syscall.ENOEXEC:
		return errors.New("it is no program, and a script needs a first line such as #!/bin/sh")
	}
	return errno
}

// follow waits for the command to end. Signals go on to it, and when it stops we
// stop, so that a shell with job control sees one job.
func follow(pid int, signals <-chan os.Signal) syscall.WaitStatus {
	changes := make(chan syscall.WaitStatus)
	go func() {
		for {
			status := wait(pid)
			changes <- status
			if !status.Stopped() {
				return
			}
		}
	}()
	for {
		select {
		case s := <-signals:
			pass(pid, s)
		case status := <-changes:
			if !status.Stopped() {
				return status
			}
			if foregroundGroup() >= 0 {
				stop(pid, signals)
			}
		}
	}
}

func pass(pid int, s os.Signal) {
	if !fromTerminal(s) {
		_ = syscall.Kill(pid, s.(syscall.Signal))
	}
}

// stop stops this process. It returns when a SIGCONT has arrived, which went on
// to the command: that the call of kill returns says nothing.
func stop(pid int, signals <-chan os.Signal) {
	for len(signals) > 0 {
		pass(pid, <-signals)
	}
	_ = syscall.Kill(os.Getpid(), syscall.SIGSTOP)
	for s := range signals {
		pass(pid, s)
		if s == syscall.SIGCONT {
			return
		}
	}
}

func wait(pid int) syscall.WaitStatus {
	var status syscall.WaitStatus
	for {
		if _, err := syscall.Wait4(pid, &status, syscall.WUNTRACED, nil); !errors.Is(err, syscall.EINTR) {
			return status
		}
	}
}

// fromTerminal guesses whether the terminal sent a signal: for a key, or for an attempt to read in the background. Then
// the command has it already, and a second Ctrl-C means more to many programs than the first.
func fromTerminal(s os.Signal) bool {
	switch s {
	case syscall.SIGINT, syscall.SIGQUIT, syscall.SIGTSTP:
		return foregroundGroup() == syscall.Getpgrp()
	case syscall.SIGTTIN:
		return foregroundGroup() >= 0
	}
	return false
}

// foregroundGroup returns the process group that the terminal listens to, or -1
// without a terminal.
func foregroundGroup() int {
	tty, err := os.OpenFile("/dev/tty", os.O_RDONLY, 0)
	if err != nil {
		return -1
	}
	defer tty.Close()
	group, err := unix.IoctlGetInt(int(tty.Fd()), unix.TIOCGPGRP)
	if err != nil {
		return -1
	}
	return group
}

// finish waits until all output has gone through, which may be longer than the
// command lives: it may have left others behind that write. A signal that would
// have ended the command ends that, a little later, since it may be the one that
// did.
func finish(f *filters, signals <-chan os.Signal) {
	done := make(chan struct{})
	go func() {
		f.copying.Wait()
		close(done)
	}()
	for {
		select {
		case <-done:
			return
		case s := <-signals:
			switch s {
			case syscall.SIGHUP, syscall.SIGINT, syscall.SIGQUIT, syscall.SIGTERM:
				select {
				case <-done:
				case <-time.After(200 * time.Millisecond):
				}
				return
			}
		}
	}
}

func exitCode(status syscall.WaitStatus) int {
	if !status.Signaled() {
		return status.ExitStatus()
	}
	switch s := status.Signal(); s {
	case syscall.SIGHUP, syscall.SIGINT, syscall.SIGTERM:
		// A shell ends its loop only for a program that the signal ended.
		signal.Reset(s)
		_ = syscall.Kill(os.Getpid(), s)
		time.Sleep(time.Second) // it may take another thread to die
	}
	return 128 + int(status.Signal())
}

package process

import (
	"errors"
	"os"
	"os/exec"
	"time"
)

// The reasons for which [Bounds] end a program.
var (
	ErrTimeout  = errors.New("it did not end in time")
	ErrSignaled = errors.New("a signal ended it")
)

// Bounds are the limits of a program that this process waits for.
type Bounds struct {
	Timeout time.Duration    // zero is no limit
	Signals <-chan os.Signal // one of these ends the program; nil is none
	// Attended leaves the program the terminal, where its user may answer it. Otherwise it has a session of its own,
	// and all processes that it started end with it, except on Windows.
	Attended bool
}

// Run runs cmd. The error is [ErrTimeout], [ErrSignaled] or that of [exec.Cmd.Run]. Run returns soon after the end of
// cmd, even if a process that cmd started keeps a pipe open.
func (b Bounds) Run(cmd *exec.Cmd) error {
	kill := func() { _ = cmd.Process.Kill() }
	if !b.Attended {
		Detach(cmd)
		kill = func() { _ = killGroup(cmd.Process) }
	}
	cmd.WaitDelay = time.Second
	if err := cmd.Start(); err != nil {
		return err
	}
	var result error
	done := make(chan struct{})
	go func() {
		result = cmd.Wait()
		close(done)
	}()
	var timeout <-chan time.Time
	if b.Timeout > 0 {
		timeout = time.After(b.Timeout)
	}
	var reason error
	select {
	case <-done:
		return result
	case <-timeout:
		reason = ErrTimeout
	case <-b.Signals:
		reason = ErrSignaled
	}
	kill()
	<-done
	return reason
}

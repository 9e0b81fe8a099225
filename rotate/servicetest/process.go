//go:build unix

package servicetest

import (
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
)

// process is a server program that can be stopped and started again.
type process struct {
	t       testing.TB
	acct    account
	dir     string
	path    string
	args    func() []string
	ready   func() bool
	signal  syscall.Signal // for Stop
	cmd     *exec.Cmd
	exited  chan struct{}
	logName string
}

// start runs the program and waits until it is ready. Another process may take the port
// before the server does, so that start tries a server which ends at once again, with
// new args.
func (p *process) start() {
	p.t.Helper()
	for range 5 {
		if p.try() {
			return
		}
	}
	log, _ := os.ReadFile(p.logName)
	p.t.Fatalf("%s does not start:\n%s", p.path, log)
}

func (p *process) try() bool {
	p.t.Helper()
	log, err := os.OpenFile(p.logName, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		p.t.Fatal(err)
	}
	defer log.Close()
	p.cmd = exec.Command(p.path, p.args()...)
	p.cmd.Dir, p.cmd.Stdout, p.cmd.Stderr = p.dir, log, log
	p.cmd.Env = environment(p.dir)
	// In a session of its own, a signal to the test's group does not reach the server.
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Credential: p.acct.cred, Setsid: true}
	if err := p.cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	exited := make(chan struct{})
	p.exited = exited
	go func() {
		_ = p.cmd.Wait()
		close(exited)
	}()
	gone := false
	Await(p.t, filepath.Base(p.path)+" to be ready", func() bool {
		select {
		case <-exited:
			gone = true
			return true
		default:
			return p.ready()
		}
	})
	return !gone
}

// environment returns this process's environment with dir as the directory for temporary
// files, because the server's user may have no right to write to the usual one.
func environment(dir string) []string { return append(os.Environ(), "TMPDIR="+dir) }

// stop ends the program with a signal and waits until it is gone.
func (p *process) stop(sig syscall.Signal) {
	if p.cmd == nil {
		return
	}
	_ = p.cmd.Process.Signal(sig)
	<-p.exited
	p.cmd = nil
}

// log returns the server's standard output and error.
func (p *process) log() string {
	p.t.Helper()
	data, err := os.ReadFile(p.logName)
	if err != nil {
		p.t.Fatal(err)
	}
	return string(data)
}

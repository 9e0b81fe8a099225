//go:build unix

package servicetest

import (
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
)

// process is one server program that can be stopped and started again.
type process struct {
	t       testing.TB
	acct    account
	dir     string
	path    string
	args    func() []string
	ready   func() bool
	signal  syscall.Signal // that ends it in an orderly way
	cmd     *exec.Cmd
	exited  chan struct{}
	logName string
}

// start runs the program and waits until it is ready. A port that was free may
// be taken by the time the server wants it, so that a server which ends at once
// is started again, with what args then says.
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
	// Its own session: a signal that ends the test's group leaves it to Cleanup.
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

// environment is this process's, with temporary files in dir: the server's user
// may have no right to write where they are by default.
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

// log returns what the server wrote to its standard output and error.
func (p *process) log() string {
	p.t.Helper()
	data, err := os.ReadFile(p.logName)
	if err != nil {
		p.t.Fatal(err)
	}
	return string(data)
}

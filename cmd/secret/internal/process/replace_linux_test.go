package process_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"example.org/secret/cmd/secret/internal/process"
	"example.org/secret/vault/mask"

	"github.com/creack/pty"
)

const maskVariable = "CHILD_TEST_MASK"

// TestMain lets the test's own program run its arguments, with their output
// masked.
func TestMain(m *testing.M) {
	value := os.Getenv(maskVariable)
	if value == "" {
		// Under nohup, the children would inherit that SIGHUP is ignored.
		signal.Notify(make(chan os.Signal, 1), syscall.SIGHUP)
		os.Exit(m.Run())
	}
	path, code, err := process.Find(os.Args[1])
	if err == nil {
		code, err = process.Run(process.Command{
			Path: path, Args: os.Args[1:], Env: append(os.Environ(), maskVariable+"="),
			Masker: mask.New([]byte(value)), MaskStdout: true, MaskStderr: true,
		})
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	os.Exit(code)
}

// session is a process whose output is read and waited for.
type session struct {
	*testing.T
	*exec.Cmd
	input  *os.File
	mu     sync.Mutex
	output bytes.Buffer
	seen   int // of the output
}

// start runs command, in a session of its own: on a terminal, or with pipes.
func start(t *testing.T, onTerminal bool, command ...string) *session {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	run := filepath.Join(t.TempDir(), "run")
	if err := os.Symlink(self, run); err != nil {
		t.Fatal(err)
	}
	s := &session{T: t, Cmd: exec.Command(command[0], command[1:]...)}
	s.Env = append(os.Environ(), maskVariable+"=hunter2", "PATH="+filepath.Dir(run)+":"+os.Getenv("PATH"), "PS1=$ ",
		"ENV=", "HISTFILE=")
	s.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: onTerminal}
	if command[0] == "run" {
		s.Path, s.Err = run, nil
	}
	var output *os.File
	if onTerminal {
		master, slave, err := pty.Open()
		if err != nil {
			t.Fatal(err)
		}
		s.Stdin, s.Stdout, s.Stderr = slave, slave, slave
		s.input, output = master, master
		defer slave.Close()
	} else {
		input, keyboard, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		screen, written, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		s.Stdin, s.Stdout, s.Stderr = input, written, written
		s.input, output = keyboard, screen
		defer input.Close()
		defer written.Close()
	}
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = syscall.Kill(-s.Process.Pid, syscall.SIGKILL)
		_ = s.Wait()
		s.input.Close()
		output.Close()
	})
	go s.read(output)
	return s
}

func (s *session) read(from *os.File) {
	chunk := make([]byte, 4096)
	for {
		n, err := from.Read(chunk)
		s.mu.Lock()
		s.output.Write(chunk[:n])
		s.mu.Unlock()
		if err != nil {
			return
		}
	}
}

func (s *session) typed(text string) {
	s.Helper()
	if _, err := s.input.WriteString(text); err != nil {
		s.Fatal(err)
	}
}

// expect waits for text and returns the output up to it.
func (s *session) expect(text string) string {
	s.Helper()
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		s.mu.Lock()
		fresh := s.output.String()[s.seen:]
		if i := strings.Index(fresh, text); i >= 0 {
			s.seen += i + len(text)
			s.mu.Unlock()
			return fresh[:i]
		}
		s.mu.Unlock()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.Fatalf("%q does not appear; there is %q", text, s.output.String())
	return ""
}

// listener prints the signals it gets.
const listener = `for s in HUP INT QUIT TERM USR1 USR2 WINCH; do trap "echo got $s" $s; done
	echo ready; while :; do read line && echo "read $line"; test "$line" != end || exit 0; done`

func TestSignalsReachTheCommand(t *testing.T) {
	s := start(t, false, "run", "sh", "-c", listener)
	s.expect("ready")
	for name, signal := range map[string]os.Signal{
		"HUP": syscall.SIGHUP, "INT": syscall.SIGINT, "QUIT": syscall.SIGQUIT, "TERM": syscall.SIGTERM,
		"USR1": syscall.SIGUSR1, "USR2": syscall.SIGUSR2, "WINCH": syscall.SIGWINCH,
	} {
		if err := s.Process.Signal(signal); err != nil {
			t.Fatal(err)
		}
		s.expect("got " + name + "\n")
	}
	s.typed("hunter2\n")
	s.expect("read *****\n")
	s.typed("end\n")
	if err := s.Wait(); err != nil {
		t.Errorf("the command ended well, and we with %v", err)
	}
}

func TestSignalEndsUsAsTheCommand(t *testing.T) {
	s := start(t, false, "run", "sh", "-c", "printf 'ready hunt'; read line; echo not reached")
	s.expect("ready ")
	if err := s.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	s.expect("hunt") // held back until the end
	_ = s.Wait()
	if status := s.ProcessState.Sys().(syscall.WaitStatus); status.Signal() != syscall.SIGTERM {
		t.Errorf("ended with %v", s.ProcessState)
	}
}

// As nohup does.
func TestIgnoredSignalsStayIgnored(t *testing.T) {
	s := start(t, false, "sh", "-c", `trap "" HUP; exec run sh -c 'echo ready; read line; echo "read $line"'`)
	s.expect("ready")
	if err := s.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	s.typed("on\n")
	s.expect("read on")
}

func TestCtrlCArrivesOnce(t *testing.T) {
	s := start(t, true, "run", "sh", "-c", listener)
	s.expect("ready")
	for range 5 {
		s.typed("\x03")
		s.expect("got INT")
		// Signals go on in their order, so that a second one would come before.
		if err := s.Process.Signal(syscall.SIGUSR1); err != nil {
			t.Fatal(err)
		}
		if between := s.expect("got USR1"); strings.Contains(between, "INT") {
			t.Fatal("Ctrl-C arrived twice")
		}
	}
}

func TestJobControl(t *testing.T) {
	if _, err := exec.LookPath("bash"); err != nil {
		t.Skip("no bash")
	}
	s := start(t, true, "bash", "--norc", "--noprofile", "-i")
	s.expect("$ ")
	s.typed("run sh -c 'echo rea\"\"dy; read line; echo \"got $line\"; exit 7'\n")
	s.expect("ready")
	s.typed("\x1a")
	s.expect("Stopped")
	s.typed("jobs\n")
	s.expect("Stopped")
	s.typed("fg\n")
	s.expect("exit 7'")
	s.typed("hunter2\n")
	s.expect("got *****")
	s.typed("echo code $?\n")
	s.expect("code 7")

	// In the background it stops when it wants to read.
	s.typed("run sh -c 'read line; echo \"got $line\"' & wait %1; echo wai\"\"ted $?\n")
	s.expect("waited 147") // 128 + SIGSTOP
	s.typed("fg\n")
	s.expect("echo \"got")
	s.typed("again\n")
	s.expect("got again")

	// Ctrl-C ends a loop of the shell, as with a program that nothing runs.
	s.typed("while true; do run sh -c 'echo rou\"\"nd; read line'; done\n")
	s.expect("round")
	s.typed("\x03")
	s.expect("$ ")
	s.typed("echo loop en\"\"ded\n")
	s.expect("loop ended")
}

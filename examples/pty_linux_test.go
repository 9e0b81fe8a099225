package examples_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// answer is the text that a person types when the output ends with prompt.
type answer struct {
	prompt string
	text   func(output string) string
	hidden bool
}

// atTerminal runs a command as a person at a terminal sees it, and returns all
// that the terminal showed. The answers are given in their order.
func atTerminal(t *testing.T, cmd *exec.Cmd, answers []answer) string {
	t.Helper()
	master, slave, err := openPTY()
	if err != nil {
		t.Fatalf("opening a terminal: %v", err)
	}
	defer master.Close()
	cmd.Stdin, cmd.Stdout, cmd.Stderr = slave, slave, slave
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	err = cmd.Start()
	slave.Close()
	if err != nil {
		t.Fatal(err)
	}
	stuck := time.AfterFunc(time.Minute, func() { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) })
	defer stuck.Stop()
	var output strings.Builder
	buffer := make([]byte, 4096)
	for {
		n, err := master.Read(buffer)
		output.Write(buffer[:n])
		if errors.Is(err, syscall.EIO) { // nobody has the other side open any more
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if len(answers) > 0 && strings.HasSuffix(output.String(), answers[0].prompt) {
			waitForEcho(t, master, !answers[0].hidden)
			fmt.Fprintln(master, answers[0].text(output.String()))
			answers = answers[1:]
		}
	}
	if err := cmd.Wait(); err != nil {
		t.Fatalf("%v:\n%s", err, output.String())
	}
	if len(answers) > 0 {
		t.Errorf("it did not ask %q", answers[0].prompt)
	}
	return strings.ReplaceAll(output.String(), "\r\n", "\n")
}

func openPTY() (master, slave *os.File, err error) {
	if master, err = os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0); err != nil {
		return nil, nil, err
	}
	number, err := unix.IoctlGetInt(int(master.Fd()), unix.TIOCGPTN)
	if err == nil {
		err = unix.IoctlSetPointerInt(int(master.Fd()), unix.TIOCSPTLCK, 0)
	}
	if err == nil {
		slave, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|syscall.O_NOCTTY, 0)
	}
	if err != nil {
		master.Close()
	}
	return master, slave, err
}

// waitForEcho waits until the terminal shows the typed text, or no longer does: a
// prompt stands there a moment before it hides its answer.
func waitForEcho(t *testing.T, master *os.File, want bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		state, err := unix.IoctlGetTermios(int(master.Fd()), unix.TCGETS)
		if err != nil {
			t.Fatal(err)
		}
		if (state.Lflag&unix.ECHO != 0) == want {
			return
		}
	}
	t.Fatalf("the terminal's echo did not become %v", want)
}

//go:build unix

package prompt_test

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"example.org/secret/cmd/secret/internal/prompt"
	"example.org/secret/vault"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"
)

// user sits at a terminal.
type user struct {
	t        *testing.T
	pty      *os.File
	prompter *prompt.Prompter
	mu       sync.Mutex
	screen   bytes.Buffer
}

func newUser(t *testing.T) *user {
	t.Helper()
	master, slave, err := pty.Open()
	if err != nil {
		t.Skip(err)
	}
	t.Cleanup(func() { slave.Close(); master.Close() })
	u := &user{t: t, pty: master}
	u.prompter = &prompt.Prompter{Open: func() (*prompt.Terminal, error) {
		fd, err := syscall.Dup(int(slave.Fd()))
		tty := os.NewFile(uintptr(fd), "tty")
		return &prompt.Terminal{In: tty, Out: tty, Lines: bufio.NewReader(tty)}, err
	}}
	go func() {
		chunk := make([]byte, 1024)
		for {
			n, err := master.Read(chunk)
			u.mu.Lock()
			u.screen.Write(chunk[:n])
			u.mu.Unlock()
			if err != nil {
				return
			}
		}
	}()
	return u
}

// answers types text as soon as question shows.
func (u *user) answers(question, text string) {
	go func() {
		u.waitFor(question)
		time.Sleep(20 * time.Millisecond) // until the echo is off
		_, _ = io.WriteString(u.pty, text)
	}()
}

func (u *user) waitFor(text string) {
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		if u.shows(text) {
			return
		}
	}
	u.t.Errorf("%q does not show", text)
}

func (u *user) shows(text string) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	return strings.Contains(u.screen.String(), text)
}

func TestHidden(t *testing.T) {
	for name, test := range map[string]struct {
		typed, want string
		kind        error
	}{
		"a line":             {"s3cret\n", "s3cret", nil},
		"an empty line":      {"\n", "", nil},
		"a corrected line":   {"s3x\x7fcret\n", "s3cret", nil},
		"the longest line":   {strings.Repeat("a", 4094) + "\n", strings.Repeat("a", 4094), nil},
		"a line too long":    {strings.Repeat("a", 5000) + "\n", "", vault.ErrInvalid},
		"an end":             {"\x04", "", errNothing},
		"an end after text":  {"half\x04", "", errNothing},
		"a line and another": {"one\ntwo\n", "one", nil},
	} {
		t.Run(name, func(t *testing.T) {
			u := newUser(t)
			u.answers("Value: ", test.typed)
			got, err := u.prompter.Hidden("Value")
			if string(got) != test.want {
				t.Errorf("it returns %q", got)
			}
			checkKind(t, err, test.kind)
			if test.want != "" && u.shows(test.want) {
				t.Error("the text shows")
			}
			fd := int(u.pty.Fd())
			if mode, err := unix.IoctlGetTermios(fd, prompt.GetTermios); err == nil && mode.Lflag&unix.ECHO == 0 {
				t.Error("the terminal is left without echo")
			}
		})
	}
}

func TestLineAndConfirm(t *testing.T) {
	u := newUser(t)
	u.answers("Name: ", "typed\n")
	if got, err := u.prompter.Line("Name:"); got != "typed" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
	u = newUser(t)
	u.answers("Name: ", "\x04")
	_, err := u.prompter.Line("Name:")
	checkKind(t, err, errNothing)
	for answer, want := range map[string]bool{"y": true, "YES": true, "": false, "no": false, "yep": false} {
		u := newUser(t)
		u.answers("Sure? [y/N] ", answer+"\n")
		if got, err := u.prompter.Confirm("Sure?"); got != want || err != nil {
			t.Errorf("%q: %v, %v", answer, got, err)
		}
	}
}

func TestPromptIsEscaped(t *testing.T) {
	u := newUser(t)
	u.answers(`a\u001b[2J `, "\n")
	if _, err := u.prompter.Line("a\x1b[2J"); err != nil {
		t.Error(err)
	}
}

func TestSignals(t *testing.T) {
	u := newUser(t)
	interrupt := func() {
		if err := syscall.Kill(os.Getpid(), syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
	}
	u.prompter.HoldSignals()
	if err := u.prompter.Interrupted(); err != nil {
		t.Error(err)
	}
	go func() { u.waitFor("Value: "); interrupt() }()
	_, err := u.prompter.Hidden("Value")
	checkKind(t, err, prompt.ErrInterrupted)
	interrupt()
	for deadline := time.Now().Add(20 * time.Second); u.prompter.Interrupted() == nil; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("a signal between prompts is lost")
		}
	}
}

// errNothing stands for the error of a question that the user ended.
var errNothing = errors.New("nothing was entered; nothing was changed")

func checkKind(t *testing.T, err, want error) {
	t.Helper()
	switch {
	case errors.Is(want, errNothing):
		if err == nil || err.Error() != errNothing.Error() {
			t.Errorf("the error is %v", err)
		}
	case !errors.Is(err, want):
		t.Errorf("the error is %v, not %v", err, want)
	}
}

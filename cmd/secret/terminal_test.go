//go:build unix

package main

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"
)

const patience = time.Minute

// person is a user at a terminal at which a program runs.
type person struct {
	t        *testing.T
	cmd      *exec.Cmd
	env      []string
	pty, tty *os.File
	mu       sync.Mutex
	seen     bytes.Buffer
	news     chan struct{} // has an element when there is more to see
	exited   chan error
}

// secretAtTerminal starts secret with a terminal for its standard streams.
func secretAtTerminal(t *testing.T, env []string, args ...string) *person {
	t.Helper()
	return runAtTerminal(t, env, "secret", args...)
}

func runAtTerminal(t *testing.T, env []string, program string, args ...string) *person {
	t.Helper()
	master, slave := openPTY(t)
	p := &person{
		t: t, cmd: exec.Command(program, args...), env: env, pty: master, tty: slave,
		news: make(chan struct{}, 1), exited: make(chan error, 1),
	}
	p.cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "SECRET_TEST_TERMINAL=1"}, env...)
	p.cmd.Stdin, p.cmd.Stdout, p.cmd.Stderr = slave, slave, slave
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = p.cmd.Process.Kill()
		master.Close()
		slave.Close()
	})
	go func() {
		chunk := make([]byte, 4096)
		for {
			n, err := master.Read(chunk)
			p.mu.Lock()
			p.seen.Write(chunk[:n])
			p.mu.Unlock()
			select {
			case p.news <- struct{}{}:
			default:
			}
			if err != nil {
				return
			}
		}
	}()
	go func() { p.exited <- p.cmd.Wait() }()
	return p
}

// openPTY opens a terminal whose master can be closed while it is read.
func openPTY(t *testing.T) (master, slave *os.File) {
	t.Helper()
	blocking, slave, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer blocking.Close()
	fd, err := syscall.Dup(int(blocking.Fd()))
	if err != nil {
		t.Fatal(err)
	}
	syscall.CloseOnExec(fd)
	if err := syscall.SetNonblock(fd, true); err != nil {
		t.Fatal(err)
	}
	return os.NewFile(uintptr(fd), "pty"), slave
}

func (p *person) screen() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.seen.String()
}

// waitFor waits until pattern matches the screen, and returns the match.
func (p *person) waitFor(pattern string) []string {
	p.t.Helper()
	re := regexp.MustCompile(pattern)
	timeout := time.After(patience)
	for {
		if found := re.FindStringSubmatch(p.screen()); found != nil {
			return found
		}
		select {
		case <-p.news:
		case <-timeout:
			p.t.Fatalf("%q does not show:\n%s", pattern, p.screen())
		}
	}
}

// waitForEcho waits until the terminal shows typed text, or does not. A prompt appears a moment before the echo is off.
func (p *person) waitForEcho(want bool) {
	p.t.Helper()
	for deadline := time.Now().Add(patience); echoes(p.t, p.tty) != want; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			p.t.Fatalf("the echo is not %v", want)
		}
	}
}

func (p *person) types(text string) {
	p.t.Helper()
	if _, err := io.WriteString(p.pty, text); err != nil {
		p.t.Fatal(err)
	}
}

// wait returns the exit code.
func (p *person) wait() int {
	p.t.Helper()
	select {
	case <-p.exited:
		return p.cmd.ProcessState.ExitCode()
	case <-time.After(patience):
		p.t.Fatalf("still runs:\n%s", p.screen())
	}
	return -1
}

// secretIn runs secret without a terminal and returns its output and exit code.
func secretIn(t *testing.T, env []string, args ...string) (string, int) {
	t.Helper()
	cmd := exec.Command("secret", args...)
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH")}, env...)
	out, err := cmd.Output()
	if cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return string(out), cmd.ProcessState.ExitCode()
}

// newHome makes a home with a vault in it and returns the environment.
func newHome(t *testing.T) []string {
	t.Helper()
	env := scriptEnv(t.TempDir())
	if _, code := secretIn(t, env, "init"); code != 0 {
		t.Fatalf("init exits with %d", code)
	}
	return env
}

func TestNothingTypedAtHiddenPromptShows(t *testing.T) {
	env := newHome(t)
	p := secretAtTerminal(t, env, "set", "key")
	p.waitFor("Value of key: ")
	p.waitForEcho(false)
	p.types("s3cret\r")
	if code := p.wait(); code != 0 {
		t.Fatalf("exits with %d:\n%s", code, p.screen())
	}
	p.waitForEcho(true)
	p.waitFor(`Stored key, version 1\.`)
	if strings.Contains(p.screen(), "s3cret") {
		t.Errorf("the value shows:\n%s", p.screen())
	}
	if got, _ := secretIn(t, env, "get", "key"); got != "s3cret" {
		t.Errorf("get prints %q", got)
	}
}

func TestInterruptAtHiddenPromptRestoresEcho(t *testing.T) {
	for name, interrupt := range map[string]func(*person){
		"Ctrl-C":  func(p *person) { p.types("half\x03") },
		"Ctrl-\\": func(p *person) { p.types("half\x1c") },
		"SIGTERM": func(p *person) { _ = p.cmd.Process.Signal(syscall.SIGTERM) },
		"SIGHUP":  func(p *person) { _ = p.cmd.Process.Signal(syscall.SIGHUP) },
	} {
		t.Run(name, func(t *testing.T) {
			env := newHome(t)
			p := secretAtTerminal(t, env, "set", "key")
			p.waitForEcho(false)
			interrupt(p)
			if code := p.wait(); code != exitInterrupted {
				t.Errorf("exits with %d", code)
			}
			if !echoes(t, p.tty) {
				t.Error("the terminal is left without echo")
			}
			p.waitFor("secret: interrupted; nothing was changed")
			if _, code := secretIn(t, env, "get", "key"); code != exitMissing {
				t.Errorf("get exits with %d: something was stored", code)
			}
		})
	}
}

// Ctrl-D ends a hidden prompt as it ends one that shows.
func TestEndOfInputEndsHiddenPrompt(t *testing.T) {
	for name, typed := range map[string]string{"at once": "\x04", "after some text": "half\x04"} {
		t.Run(name, func(t *testing.T) {
			env := newHome(t)
			p := secretAtTerminal(t, env, "set", "key")
			p.waitForEcho(false)
			p.types(typed)
			if code := p.wait(); code != exitFailed {
				t.Errorf("exits with %d", code)
			}
			p.waitForEcho(true)
			p.waitFor("secret: nothing was entered; nothing was changed")
			if _, code := secretIn(t, env, "get", "key"); code != exitMissing {
				t.Errorf("get exits with %d: something was stored", code)
			}
		})
	}
}

// A shell returns the terminal with its echo on.
func TestStoppedAtHiddenPrompt(t *testing.T) {
	need(t, "bash")
	env := newHome(t)
	p := runAtTerminal(t, env, "bash", "--norc", "-i")
	p.types("secret set key\r")
	p.waitFor("Value of key: ")
	p.waitForEcho(false)
	p.types("\x1a")
	p.waitFor("Stopped")
	p.types("fg\r")
	p.waitFor(`(?s)Stopped.*Value of key: `)
	p.types("hunter2\r")
	p.waitFor("Stored key, version 1")
	p.types("exit\r")
	if p.wait(); strings.Contains(p.screen(), "hunter2") {
		t.Errorf("the value shows:\n%s", p.screen())
	}
	if value, _ := secretIn(t, env, "get", "key"); value != "hunter2" {
		t.Errorf("get prints %q", value)
	}
}

// Regression: the key file of a vault that was never made was left behind.
func TestInitThatIsInterruptedLeavesNothing(t *testing.T) {
	for name, interrupt := range map[string]func(*person){
		"Ctrl-C":        func(p *person) { p.types("\x03") },
		"Ctrl-D":        func(p *person) { p.types("\x04") },
		"window closed": func(p *person) { p.tty.Close(); p.pty.Close() },
		"at the sheet": func(p *person) {
			p.types("y\r")
			p.waitFor("Type it from your paper:")
			p.types("wrong\r")
			p.waitFor(`That does not open it\.`)
			p.types("\x03")
		},
	} {
		t.Run(name, func(t *testing.T) {
			work := t.TempDir()
			key, dir := filepath.Join(work, "key"), filepath.Join(work, "vault")
			p := secretAtTerminal(t, scriptEnv(work), "init", "--vault", dir, "--key-file", key)
			p.waitFor(`Make a recovery sheet.*\[y/N\]`)
			interrupt(p)
			if code := p.wait(); code == exitDone {
				t.Errorf("exits with %d:\n%s", code, p.screen())
			}
			for _, path := range []string{key, dir} {
				if _, err := os.Lstat(path); !os.IsNotExist(err) {
					t.Errorf("%s is there: %v", path, err)
				}
			}
		})
	}
}

func TestTerminalThatGoesAwayLosesNothing(t *testing.T) {
	env := newHome(t)
	secretIn(t, env, "set", "key", "--value", "before")
	for _, args := range [][]string{
		{"set", "key"},
		{"set", "key", "A", "B"},
		{"set", "new"},
		{"delete", "key", "--force"},
	} {
		p := secretAtTerminal(t, env, args...)
		if args[0] == "set" && len(args) == 2 {
			p.waitForEcho(false)
		} else if args[0] == "delete" {
			p.waitFor("Type its name:")
		}
		p.tty.Close()
		p.pty.Close()
		if code := p.wait(); code == exitDone {
			t.Errorf("%q exits with %d", args, code)
		}
	}
	if got, _ := secretIn(t, env, "get", "key"); got != "before" {
		t.Errorf("get prints %q", got)
	}
	if got, _ := secretIn(t, env, "list"); got != "key\n" {
		t.Errorf("list prints %q", got)
	}
}

func TestRecoverySheetOpensVault(t *testing.T) {
	work := t.TempDir()
	env := scriptEnv(work)
	p := secretAtTerminal(t, env, "init")
	p.waitFor(`Make a recovery sheet.*\[y/N\]`)
	p.types("y\r")
	words := p.waitFor(`\n    ([a-z-]+)\r\n`)[1]
	p.waitFor(`Type it from your paper: `)
	p.types(words + "\r")
	p.waitFor(`Right: it opens the master key\.`)
	if code := p.wait(); code != 0 {
		t.Fatalf("exits with %d:\n%s", code, p.screen())
	}
	secretIn(t, env, "set", "key", "--value", "v")

	// The key is lost.
	if err := os.Remove(filepath.Join(work, "key")); err != nil {
		t.Fatal(err)
	}
	lost := env[:len(env)-1] // without SECRET_KEY_FILE
	p = secretAtTerminal(t, lost, "get", "key")
	p.waitFor("Recovery passphrase for the vault .*: ")
	p.waitForEcho(false)
	p.types(words + "\r")
	if code := p.wait(); code != 0 {
		t.Fatalf("exits with %d:\n%s", code, p.screen())
	}
	p.waitFor(`\nv\r\n`)

	// It opens the vault also beside a passphrase, and beside one that is lost.
	p = secretAtTerminal(t, lost, "key", "add", "passphrase")
	p.answers("Recovery passphrase", words+"\r")
	p.answers("New passphrase", "correct horse\r")
	p.answers("The same again", "correct horse\r")
	if code := p.wait(); code != 0 {
		t.Fatalf("exits with %d:\n%s", code, p.screen())
	}
	for _, typed := range []string{"correct horse", words} {
		p = secretAtTerminal(t, lost, "get", "key")
		p.answers("Passphrase, or the words of the recovery sheet, for the vault", typed+"\r")
		p.waitFor(`\nv\r\n`)
	}
	if err := os.Remove(filepath.Join(work, "home", ".local", "share", "secret", "vault", "unlock",
		"passphrase.age")); err != nil {
		t.Fatal(err)
	}
	p = secretAtTerminal(t, lost, "get", "key")
	p.answers("Passphrase, or the words", words+"\r")
	p.waitFor(`\nv\r\n`)
}

func TestKeyRotateCarriesThePassphraseOver(t *testing.T) {
	work := t.TempDir()
	env := scriptEnv(work)
	noFile := env[:len(env)-1] // without SECRET_KEY_FILE
	p := secretAtTerminal(t, noFile, "init", "--passphrase", "--no-recovery")
	for _, prompt := range []string{"New passphrase .*: ", "The same again: "} {
		p.waitFor(prompt)
		p.types("correct horse\r")
	}
	p.wait()
	p = secretAtTerminal(t, noFile, "key", "add", "key-file", filepath.Join(work, "key"))
	p.waitForEcho(false)
	p.types("correct horse\r")
	p.wait()
	if _, code := secretIn(t, env, "set", "name", "--value", "v"); code != 0 {
		t.Fatalf("set exits with %d", code)
	}

	// Without a terminal there is no passphrase, and nothing changes.
	if _, code := secretIn(t, env, "key", "rotate"); code != exitNoKey {
		t.Errorf("without a terminal it exits with %d", code)
	}
	p = secretAtTerminal(t, env, "key", "rotate")
	p.waitFor("Passphrase for the vault .*: ")
	p.waitForEcho(false)
	p.types("correct horse\r")
	if code := p.wait(); code != 0 {
		t.Fatalf("exits with %d:\n%s", code, p.screen())
	}
	p.waitFor(`Replaced the master key and sealed 1 secret again\.`)
	if got, _ := secretIn(t, env, "get", "name"); got != "v" {
		t.Errorf("get prints %q", got)
	}
	p = secretAtTerminal(t, noFile, "get", "name")
	p.waitForEcho(false)
	p.types("correct horse\r")
	p.waitFor(`\nv\r\n`)
}

func TestTerminalGetsTablesAndNoEscapes(t *testing.T) {
	env := newHome(t)
	secretIn(t, env, "set", "text", "--value", "no newline", "--description", "d\u009b")
	secretIn(t, env, "set", "binary", "A=\x1b[2J", "B=\u009b\u202e")
	for _, test := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"get", "text"}, 0, `^no newline\r\n$`},
		{
			[]string{"get", "binary", "A"},
			exitUsage,
			`^secret: this is binary, or has characters that a terminal would obey; redirect it, or print it with --format json or raw\r\n$`,
		},
		{[]string{"get", "binary", "--format", "env"}, exitUsage, `characters that a terminal would obey`},
		{[]string{"get", "binary", "--format", "shell"}, exitUsage, `characters that a terminal would obey`},
		{[]string{"env", "binary"}, exitUsage, `characters that a terminal would obey`},
		{[]string{"export", "binary", "--yes", "--format", "dotenv"}, exitUsage, `characters that a terminal would obey`},
		{[]string{"export", "binary", "--yes"}, 0, `"B": "\\u009b\\u202e"`},
		{[]string{"get", "binary", "A", "--format", "raw"}, 0, `^\x1b\[2J\r\n$`},
		{[]string{"get", "binary"}, 0, `^\{\r\n  "A": "\\u001b\[2J",\r\n  "B": "\\u009b\\u202e"\r\n\}\r\n$`},
		{
			[]string{"list", "text", "--long"},
			0,
			`^NAME  +KIND  +VERSION  +CHANGED  +TAGS  +DESCRIPTION +\r\ntext  plaintext  +1  +now  +d\\u009b +\r\n$`,
		},
		{[]string{"list", "text", "--json"}, 0, `"description": "d\\u009b"`},
		{[]string{"history", "text"}, 0, `^VERSION  +CREATED  +ORIGIN  +LABELS  +ID`},
	} {
		p := secretAtTerminal(t, env, test.args...)
		if code := p.wait(); code != test.code {
			t.Errorf("%q exits with %d", test.args, code)
		}
		p.waitFor(test.want)
	}
}

// echoes asks stty, which works on every system.
func echoes(t *testing.T, tty *os.File) bool {
	t.Helper()
	stty := exec.Command("stty", "-a")
	stty.Stdin = tty
	settings, err := stty.Output()
	if err != nil {
		t.Fatal(err)
	}
	return !regexp.MustCompile(`(^|\s)-echo(\s|;|$)`).Match(settings)
}

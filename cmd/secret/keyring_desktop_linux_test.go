package main_test

import (
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"example.org/secret/crypto/keyring/keyringtest"

	"golang.org/x/sys/unix"
)

func runtimeBus() string { return fmt.Sprintf("/run/user/%d/bus", os.Getuid()) }

// Tab must neither prompt nor freeze the shell. On a desktop other commands wait a minute for their user.
func testCompletion(t *testing.T, program string) {
	t.Parallel()
	u, fake := withVault(t, program)
	u.env = append(u.env, "DISPLAY=:99")
	complete := func() string {
		began := time.Now()
		stdout, _, code := u.run(u.command("__complete", "get", ""))
		if took := time.Since(began); code != 0 || took > 15*time.Second {
			t.Errorf("completion ended with %d after %v", code, took)
		}
		return stdout
	}
	if got := complete(); !strings.HasPrefix(got, "name\n") {
		t.Errorf("completion with an open keyring offers %q", got)
	}
	fake.Change(func(f *keyringtest.Fake) { f.Unlocking = keyringtest.Unanswered })
	fake.Calls()
	if got := complete(); strings.Contains(got, "name") {
		t.Errorf("completion with a locked keyring offers %q", got)
	}
	if calls := fake.Calls(); slices.Contains(calls, "Unlock") || slices.Contains(calls, "Prompt") || len(calls) == 0 {
		t.Errorf("completion called %v", calls)
	}
	u.env = append(u.env, "DBUS_SESSION_BUS_ADDRESS=unix:path="+listen(t,
		filepath.Join(t.TempDir(), "silent")).Addr().String())
	complete()
}

func listen(t *testing.T, path string) *net.UnixListener {
	t.Helper()
	listener, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	return listener
}

// Child programs do not inherit the address of a bus that the program found by itself, here in a private /run.
func testEditorEnvironment(t *testing.T, program string) {
	if out, err := exec.Command("unshare", "-m", "mount", "-t", "tmpfs", "none", "/run").CombinedOutput(); err != nil {
		t.Skipf("no private mounts here: %v: %s", err, out)
	}
	u, _ := withVault(t, program)
	bus, _ := strings.CutPrefix(u.env[2], "DBUS_SESSION_BUS_ADDRESS=unix:path=")
	bus, _, _ = strings.Cut(bus, ",")
	seen := filepath.Join(u.home, "seen")
	editor := filepath.Join(u.home, "editor")
	if err := os.WriteFile(editor, []byte("#!/bin/sh\nenv >"+seen+"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	u.env = append(u.env[:2], "EDITOR="+editor)
	cmd := u.command("edit", "name")
	script := `mount -t tmpfs none /run && mkdir -p "$(dirname "$1")" && ln -s "$2" "$1" && shift 2 && exec "$@"`
	cmd.Args = append([]string{"unshare", "-m", "sh", "-ec", script, "sh", runtimeBus(), bus}, cmd.Args...)
	var err error
	if cmd.Path, err = exec.LookPath("unshare"); err != nil {
		t.Fatal(err)
	}
	if _, stderr, code := u.run(cmd); code != 0 {
		t.Fatalf("edit: exit code %d: %s", code, stderr)
	}
	env, err := os.ReadFile(seen)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(env), "EDITOR=") || strings.Contains(string(env), "DBUS_SESSION_BUS_ADDRESS") {
		t.Errorf("the editor's environment:\n%s", env)
	}
}

func testInitAtTerminal(t *testing.T, program string) {
	t.Parallel()
	const question = "(p)assphrase, in a key (f)ile, or (q)uit?"
	nowhere := "unix:path=/nonexistent/bus"

	u := newUser(t, program, nowhere)
	s := u.sit("init", "--no-recovery")
	s.answer(question, "p")
	s.answer("New passphrase", "correct horse")
	s.answer("The same again", "correct horse")
	s.ends(0)
	if got := u.succeeds("key", "list"); got != "passphrase\n" {
		t.Errorf("key list: %q", got)
	}

	u = newUser(t, program, nowhere)
	s = u.sit("init", "--no-recovery")
	s.answer(question, "f")
	s.answer("Path of the key file", filepath.Join(u.home, "key"))
	s.ends(0)
	u.succeeds("--key-file", filepath.Join(u.home, "key"), "set", "name")

	u = newUser(t, program, nowhere)
	s = u.sit("init", "--no-recovery")
	s.answer(question, "q")
	s.ends(4)
	u.expectNothingMade()
}

// The program says why the keyring's entry does not fit, and the passphrase still opens the vault.
func testPassphraseBesideKeyring(t *testing.T, program string) {
	t.Parallel()
	u, fake := withVault(t, program)
	s := u.sit("key", "add", "passphrase")
	s.answer("New passphrase", "correct horse")
	s.answer("The same again", "correct horse")
	s.ends(0)
	fake.Change(func(f *keyringtest.Fake) { f.Answer = otherKey })
	u.hasNoKey([]string{"get", "name"}, "key of another vault", "passphrase", "--key-file")
	s = u.sit("get", "name")
	s.answer("Passphrase for the vault", "correct horse")
	s.expect("the value")
	s.ends(0)
}

// sitting is a run of a program at a terminal.
type sitting struct {
	*testing.T
	terminal *os.File
	cmd      *exec.Cmd
	said     string
}

func (u user) sit(args ...string) *sitting {
	u.Helper()
	terminal, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		u.Skipf("no terminals here: %v", err)
	}
	u.Cleanup(func() { terminal.Close() })
	if err := terminal.SetDeadline(time.Now().Add(30 * time.Second)); err != nil {
		u.Fatal(err)
	}
	raw, err := terminal.SyscallConn()
	if err != nil {
		u.Fatal(err)
	}
	var number int
	if controlErr := raw.Control(func(fd uintptr) {
		if err = unix.IoctlSetPointerInt(int(fd), unix.TIOCSPTLCK, 0); err == nil {
			number, err = unix.IoctlGetInt(int(fd), unix.TIOCGPTN)
		}
	}); controlErr != nil || err != nil {
		u.Fatal(controlErr, err)
	}
	side, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		u.Fatal(err)
	}
	defer side.Close()
	cmd := u.command(args...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = side, side, side
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := cmd.Start(); err != nil {
		u.Fatal(err)
	}
	return &sitting{u.T, terminal, cmd, ""}
}

// expect waits until the program prints text.
func (s *sitting) expect(text string) {
	s.Helper()
	buffer := make([]byte, 1024)
	for !strings.Contains(s.said, text) {
		n, err := s.terminal.Read(buffer)
		if err != nil {
			s.Fatalf("waiting for %q: %v; it said %q", text, err, s.said)
		}
		s.said += string(buffer[:n])
	}
}

// answer waits for a question and types a line.
func (s *sitting) answer(question, line string) {
	s.Helper()
	s.expect(question)
	if _, err := s.terminal.WriteString(line + "\n"); err != nil {
		s.Fatal(err)
	}
}

func (s *sitting) ends(code int) {
	s.Helper()
	// Output that is not read could fill the terminal's buffer.
	go func() { _, _ = io.Copy(io.Discard, s.terminal) }()
	_ = s.cmd.Wait()
	if got := s.cmd.ProcessState.ExitCode(); got != code {
		s.Errorf("%v at a terminal ended with %d, not %d", s.cmd.Args, got, code)
	}
}

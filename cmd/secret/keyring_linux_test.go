package main_test

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"example.org/secret/crypto/keyring"
	"example.org/secret/crypto/keyring/keyringtest"
)

const keyStart = "AGE-SECRET-KEY-PQ-1"

var anyKey = regexp.MustCompile(keyStart + "[0-9A-Z]")

// TestKeyring runs the built program, since a faulty keyring can make it hang, end it, or have it start others.
func TestKeyring(t *testing.T) {
	skipIfShort(t)
	program := build(t, ".")
	for name, test := range map[string]func(*testing.T, string){
		"gnome":                    testGnome,
		"gnome with other entries": testGnomeOtherEntry,
		"init refused":             testInitRefused,
		"get refused":              testGetRefused,
		"key add and remove":       testKeyRefused,
		"key rotate":               testKeyRotate,
		"no bus":                   testNoBus,
		"entry and passphrase":     testPassphraseBesideKeyring,
		"completion":               testCompletion,
		"editor's environment":     testEditorEnvironment,
		"terminal":                 testInitAtTerminal,
	} {
		t.Run(name, func(t *testing.T) { test(t, program) })
	}
}

// user has a home and no terminal.
type user struct {
	*testing.T
	program string
	home    string
	env     []string
}

func newUser(t *testing.T, program, bus string) user {
	t.Helper()
	home := t.TempDir()
	env := []string{"HOME=" + home, "PATH=" + os.Getenv("PATH")}
	if bus != "" {
		env = append(env, "DBUS_SESSION_BUS_ADDRESS="+bus)
	}
	return user{t, program, home, env}
}

func (u user) vault() string { return filepath.Join(u.home, ".local", "share", "secret") }

func (u user) command(args ...string) *exec.Cmd {
	// The bound ends the test. It is far longer than those of the program.
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Second)
	u.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, u.program, args...)
	cmd.Env = u.env
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	return cmd
}

func (u user) run(cmd *exec.Cmd) (stdout, stderr string, code int) {
	u.Helper()
	var out, errOut bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errOut
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && (!errors.As(err, &exit) || exit.ExitCode() < 0) {
		u.Fatalf("%v: %v: %s", cmd.Args, err, errOut.String())
	}
	return out.String(), errOut.String(), cmd.ProcessState.ExitCode()
}

func (u user) succeeds(args ...string) string {
	u.Helper()
	cmd := u.command(args...)
	cmd.Stdin = strings.NewReader("the value")
	stdout, stderr, code := u.run(cmd)
	if code != 0 {
		u.Fatalf("secret %v: exit code %d: %s", args, code, stderr)
	}
	return stdout
}

// hasNoKey checks that a command ends with exit code 4 and one line that contains all of the words.
func (u user) hasNoKey(args []string, words ...string) {
	u.Helper()
	stdout, stderr, code := u.run(u.command(args...))
	if code != 4 || stdout != "" {
		u.Errorf("secret %v: exit code %d, output %q: %s", args, code, stdout, stderr)
	}
	if strings.Count(stderr, "\n") != 1 || anyKey.MatchString(stderr) {
		u.Errorf("secret %v said\n%s", args, stderr)
	}
	for _, word := range words {
		if !strings.Contains(stderr, word) {
			u.Errorf("secret %v does not say %q: %s", args, word, stderr)
		}
	}
}

// find returns the files in the home that hold text.
func (u user) find(text string) (found []string) {
	u.Helper()
	err := filepath.WalkDir(u.home, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		data, err := os.ReadFile(path)
		if bytes.Contains(data, []byte(text)) {
			found = append(found, path)
		}
		return err
	})
	if err != nil {
		u.Fatal(err)
	}
	return found
}

func (u user) expectNothingMade() {
	u.Helper()
	if left := u.find(""); len(left) > 0 {
		u.Errorf("left behind: %v", left)
	}
	if _, err := os.Stat(u.vault()); err == nil {
		u.Errorf("%s was made", u.vault())
	}
}

func (u user) vaultID() string {
	u.Helper()
	_, rest, ok := strings.Cut(u.succeeds("key", "list", "--json"), `"id": "`)
	if !ok {
		u.Fatal("key list --json says no id")
	}
	return rest[:36]
}

func testGnome(t *testing.T, program string) {
	gnome := keyringtest.StartGnome(t)
	u := newUser(t, program, gnome.Address)
	u.succeeds("init")
	u.succeeds("set", "openai/key")
	if got := u.succeeds("get", "openai/key"); got != "the value" {
		t.Errorf("get printed %q", got)
	}
	if found := u.find(keyStart); len(found) > 0 {
		t.Errorf("the key is in %v", found)
	}

	keyFile := filepath.Join(u.home, "key")
	u.succeeds("key", "add", "key-file", keyFile)
	u.succeeds("key", "remove", "keyring")
	u.hasNoKey([]string{"get", "openai/key"}, "--key-file")
	u.succeeds("--key-file", keyFile, "key", "add", "keyring")
	u.succeeds("key", "remove", "key-file")
	if got := u.succeeds("get", "openai/key"); got != "the value" {
		t.Errorf("get printed %q after the key came back into the keyring", got)
	}

	gnome.Lock(t)
	u.hasNoKey([]string{"get", "openai/key"}, "keyring is locked", "unlock the keyring", "--key-file")
	newUser(t, program, gnome.Address).hasNoKey([]string{"init"}, "keyring is locked", "--key-file PATH", "--passphrase")
}

func testGnomeOtherEntry(t *testing.T, program string) {
	gnome := keyringtest.StartGnome(t)
	u, other := newUser(t, program, gnome.Address), newUser(t, program, gnome.Address)
	u.succeeds("init")
	u.succeeds("set", "name")
	other.succeeds("init")
	keyringtest.Use(t, gnome.Address)
	k := keyring.OS{Getenv: os.Getenv, Timeout: 10 * time.Second}
	key, err := k.Get(other.vaultID())
	if err != nil {
		t.Fatal(err)
	}
	if err := k.Set(u.vaultID(), key); err != nil {
		t.Fatal(err)
	}
	u.hasNoKey([]string{"get", "name"}, "key of another vault", u.vaultID(), "--key-file")
	if err := k.Delete(u.vaultID()); err != nil {
		t.Fatal(err)
	}
	u.hasNoKey([]string{"get", "name"}, "no such entry in the keyring", u.vaultID(), "--key-file")
	if got := other.succeeds("list"); got != "" {
		t.Errorf("list printed %q", got)
	}
}

// otherKey returns a key of the right form that opens nothing.
func otherKey(string) string { return keyStart + strings.Repeat("Q", 58) }

func testInitRefused(t *testing.T, program string) {
	t.Parallel()
	for name, test := range map[string]struct {
		fake *keyringtest.Fake
		word string
	}{
		"storing dismissed":   {&keyringtest.Fake{Storing: keyringtest.Dismissed}, "did not keep the key"},
		"unlocking dismissed": {&keyringtest.Fake{Unlocking: keyringtest.Dismissed}, "keyring is locked"},
		"storing unanswered":  {&keyringtest.Fake{Storing: keyringtest.Unanswered}, "did not answer in time (5s)"},
		"forgetful":           {&keyringtest.Fake{Forgets: true}, "did not keep the key"},
		"empty":               {&keyringtest.Fake{Answer: func(string) string { return "" }}, "did not keep the key"},
		"another key":         {&keyringtest.Fake{Answer: otherKey}, "did not keep the key"},
		"nonsense":            {&keyringtest.Fake{Nonsense: true}, "no keyring is available"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bus, _ := keyringtest.Bus(t)
			test.fake.Start(t, bus)
			u := newUser(t, program, bus)
			u.hasNoKey([]string{"init"}, test.word, "nothing was changed", "--key-file PATH", "--passphrase")
			u.expectNothingMade()
			if items := test.fake.Items(); items != 0 {
				t.Errorf("%d entries are left in the keyring", items)
			}
			prompts := slices.DeleteFunc(test.fake.Calls(), func(call string) bool { return call != "Prompt" })
			if len(prompts) > 1 {
				t.Errorf("its user was prompted %d times", len(prompts))
			}
		})
	}
}

// withVault returns a user of a fake keyring that worked when the vault was made.
func withVault(t *testing.T, program string) (user, *keyringtest.Fake) {
	t.Helper()
	bus, _ := keyringtest.Bus(t)
	fake := &keyringtest.Fake{}
	fake.Start(t, bus)
	u := newUser(t, program, bus)
	u.succeeds("init")
	u.succeeds("set", "name")
	fake.Calls()
	return u, fake
}

func testGetRefused(t *testing.T, program string) {
	t.Parallel()
	for name, test := range map[string]struct {
		change func(*keyringtest.Fake)
		words  []string
	}{
		"locked": {func(f *keyringtest.Fake) { f.Unlocking = keyringtest.Dismissed }, []string{"keyring is " +
			"locked", "unlock the keyring"}},
		"unanswered": {func(f *keyringtest.Fake) { f.Unlocking = keyringtest.Unanswered }, []string{"did not answer in " +
			"time (5s)", "unlock the keyring"}},
		"empty": {func(f *keyringtest.Fake) { f.Answer = func(string) string { return "" } }, []string{"not a " +
			"master key"}},
		"garbage": {
			func(f *keyringtest.Fake) { f.Answer = func(string) string { return "\x00\xff" } },
			[]string{"not a master key"},
		},
		"other key": {func(f *keyringtest.Fake) { f.Answer = otherKey }, []string{"key of another vault"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			u, fake := withVault(t, program)
			fake.Change(test.change)
			u.hasNoKey([]string{"get", "name"}, append(test.words, "--key-file")...)
		})
	}
}

func testKeyRefused(t *testing.T, program string) {
	u, fake := withVault(t, program)
	u.succeeds("get", "name")
	if got, want := fake.Calls(), []string{"SearchItems", "OpenSession", "GetSecret"}; !slices.Equal(got, want) {
		t.Errorf("get called %v, not %v", got, want)
	}
	keyFile := filepath.Join(u.home, "key")
	u.succeeds("key", "add", "key-file", keyFile)
	fake.Change(func(f *keyringtest.Fake) { f.Unlocking = keyringtest.Dismissed })
	u.hasNoKey([]string{"--key-file", keyFile, "key", "remove", "keyring"}, "no longer uses the "+
		"keyring", "locked", u.vaultID())
	if got := u.succeeds("key", "list"); got != "key-file\n" {
		t.Errorf("key list after remove: %q", got)
	}
	u.hasNoKey([]string{"--key-file", keyFile, "key", "add", "keyring"}, "locked", "nothing was changed", "unlock "+
		"it", "secret key add")
	fake.Change(func(f *keyringtest.Fake) { f.Unlocking, f.Storing = keyringtest.NoPrompt, keyringtest.Dismissed })
	fake.Forget()
	u.hasNoKey([]string{"--key-file", keyFile, "key", "add", "keyring"}, "did not keep the key", "nothing was "+
		"changed", "secret key add")
	if got := u.succeeds("key", "list"); got != "key-file\n" {
		t.Errorf("key list after add: %q", got)
	}
}

func testNoBus(t *testing.T, program string) {
	t.Parallel()
	dir := t.TempDir()
	stale := listen(t, filepath.Join(dir, "stale"))
	stale.SetUnlinkOnClose(false)
	stale.Close()
	for name, test := range map[string]struct{ address, word string }{
		"unset":        {"", "no session bus in DBUS_SESSION_BUS_ADDRESS"},
		"autolaunch":   {"autolaunch:", "no session bus in DBUS_SESSION_BUS_ADDRESS"},
		"nowhere":      {"unix:path=" + dir + "/nowhere", "no keyring is available"},
		"stale":        {"unix:path=" + stale.Addr().String(), "no keyring is available"},
		"no transport": {"nonsense", "no keyring is available"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			discovered := !strings.HasPrefix(test.address, "unix:") && test.address != "nonsense"
			if _, err := os.Stat(runtimeBus()); err == nil && discovered {
				t.Skipf("%s is there, with the keyring of the user who runs the tests", runtimeBus())
			}
			u := newUser(t, program, test.address)
			planted := t.TempDir()
			ran := filepath.Join(planted, "ran")
			script := "#!/bin/sh\n: >" + ran + "\necho DBUS_SESSION_BUS_ADDRESS=unix:path=/nonexistent\n"
			if err := os.WriteFile(filepath.Join(planted, "dbus-launch"), []byte(script), 0o700); err != nil {
				t.Fatal(err)
			}
			u.env = append(u.env, "PATH="+planted+":"+os.Getenv("PATH"))
			u.hasNoKey([]string{"init"}, test.word, "nothing was changed", "--key-file PATH", "--passphrase")
			u.expectNothingMade()
			if _, err := os.Stat(ran); err == nil {
				t.Error("dbus-launch was run")
			}
		})
	}
}

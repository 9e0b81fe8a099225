//go:build unix

package rotate_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"example.org/secret/rotate"
	"example.org/secret/vault"
)

// rotator writes a script that no other user can change.
func rotator(t *testing.T, script string) string {
	t.Helper()
	dir := t.TempDir()
	must(t, os.Chmod(dir, 0o700))
	path := filepath.Join(dir, "rotator")
	// A program that another test starts must not inherit the open file, because the
	// script would be "busy".
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	must(t, os.WriteFile(path, []byte(script), 0o700))
	return path
}

func executor(t *testing.T) *rotate.Executor {
	return &rotate.Executor{Dir: t.TempDir(), WorkDir: t.TempDir(), Environ: []string{
		"PATH=" + os.Getenv("PATH"), "HOME=/h", "LC_ALL=C.UTF-8", "AWS_SECRET=x", "LANGUAGE=x",
	}}
}

func callOf(path string, step rotate.Step) rotate.Call {
	return rotate.Call{
		Rotator: path, Step: step, Timeout: 20 * time.Second, Name: "db", Token: "t", Kind: vault.Credential,
		Current: fields("password", "current value").Fields, Pending: fields("password", "pending value").Fields,
	}
}

// run calls a script and returns its output. An error must be a StepError.
func run(t *testing.T, step rotate.Step, script string) (string, *rotate.StepError) {
	t.Helper()
	output, err := executor(t).Call(t.Context(), callOf(rotator(t, script), step))
	var failed *rotate.StepError
	if err != nil && !errors.As(err, &failed) {
		t.Fatalf("%v", err)
	}
	return string(output), failed
}

// fifo returns the path of a named pipe. gone waits until no process has the pipe open for
// writing, and reports whether that came true.
func fifo(t *testing.T) (path string, gone func() bool) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "fifo")
	must(t, syscall.Mkfifo(path, 0o600))
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	must(t, err)
	t.Cleanup(func() { f.Close() })
	return path, func() bool {
		must(t, f.SetReadDeadline(time.Now().Add(2*time.Second)))
		_, err := io.Copy(io.Discard, f)
		return err == nil
	}
}

// A step that takes too long is ended with its children: first by SIGTERM, then by
// SIGKILL.
func TestTimeout(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("waits for the time between SIGTERM and SIGKILL")
	}
	path, gone := fifo(t)
	c := callOf(rotator(t, `#!/bin/sh
exec 9>'`+path+`'
echo ready >&9
trap '' TERM
sh -c 'trap "" TERM; while :; do sleep 1; done' &
while :; do sleep 1; done
`), rotate.Set)
	c.Timeout = 300 * time.Millisecond
	began := time.Now()
	_, err := executor(t).Call(t.Context(), c)
	if err == nil || err.Error() != "set: timed out after 300ms" {
		t.Errorf("the error is %v", err)
	}
	if took := time.Since(began); took < 5*time.Second || took > 15*time.Second {
		t.Errorf("it took %v, of which 5 s belong to the rotator", took)
	}
	if !gone() {
		t.Error("a process of the rotator lives on")
	}
}

// A rotator that ends by itself after SIGTERM has not done the step.
func TestTimeoutIsAFailure(t *testing.T) {
	t.Parallel()
	c := callOf(rotator(t, "#!/bin/sh\ntrap 'exit 10' TERM\nsleep 60 & wait\n"), rotate.Set)
	c.Timeout = 300 * time.Millisecond
	_, err := executor(t).Call(t.Context(), c)
	var failed *rotate.StepError
	if !errors.As(err, &failed) || failed.Refused || failed.Problem != "timed out after 300ms" {
		t.Errorf("the error is %#v", err)
	}
}

func TestInterruptedCall(t *testing.T) {
	t.Parallel()
	path, gone := fifo(t)
	ctx, cancel := context.WithCancel(t.Context())
	c := callOf(rotator(t, "#!/bin/sh\nexec 9>'"+path+"'\nsleep 60\n"), rotate.Set)
	go func() {
		// Opening waits for the rotator.
		if f, err := os.OpenFile(path, os.O_WRONLY, 0); err == nil {
			f.Close()
		}
		cancel()
	}()
	if _, err := executor(t).Call(ctx, c); err == nil || !strings.Contains(err.Error(), "interrupted") {
		t.Errorf("the error is %v", err)
	}
	if !gone() {
		t.Error("a process of the rotator lives on")
	}
}

func TestChildrenEndWithTheRotator(t *testing.T) {
	t.Parallel()
	path, gone := fifo(t)
	output, failed := run(t, rotate.Create, "#!/bin/sh\nexec 9>'"+path+"'\n"+
		"sh -c 'trap \"\" TERM HUP; while :; do sleep 1; done' &\necho made\n")
	if failed != nil || output != "made\n" {
		t.Errorf("it printed %q, %v", output, failed)
	}
	if !gone() {
		t.Error("the child lives on")
	}
}

// A process that left the group is not ended, and not waited for.
func TestStrayIsNotWaitedFor(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("setsid"); err != nil {
		t.Skip("not installed: setsid")
	}
	began := time.Now()
	output, failed := run(t, rotate.Create, "#!/bin/sh\nsetsid sleep 20 &\necho made\n")
	if failed != nil || output != "made\n" || time.Since(began) > 15*time.Second {
		t.Errorf("after %v it printed %q, %v", time.Since(began), output, failed)
	}
}

func TestOutput(t *testing.T) {
	t.Parallel()
	const mebibyte = "head -c 1048576 /dev/zero"
	if output, failed := run(t, rotate.Create, "#!/bin/sh\n"+mebibyte+"\n"); failed != nil || len(output) != 1<<20 {
		t.Errorf("of 1 MiB it took %d bytes, %v", len(output), failed)
	}
	_, err := executor(t).Call(t.Context(), callOf(rotator(t, "#!/bin/sh\n"+mebibyte+"; "+mebibyte+"\n"), rotate.Create))
	if err == nil || err.Error() != "create: it printed more than 1048576 bytes" {
		t.Errorf("of 2 MiB the error is %v", err)
	}
	if _, failed := run(t, rotate.Set, "#!/bin/sh\n"+mebibyte+"; "+mebibyte+"\n"); failed != nil {
		t.Errorf("the output of set is not ignored: %v", failed)
	}
}

// The reason is the end of standard error on one line, without values and control
// characters.
func TestReason(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ script, want string }{
		{`echo "one" >&2; echo "two" >&2; exit 3`, "one; two"},
		{
			`printf 'no "pending value" for %s\n' "$(printf %s "$CURRENT_PASSWORD" | base64)" >&2; exit 3`,
			`no "*****" for *****`,
		},
		{
			`printf '\033]0;title\a\033[31mred\r\nbell\302\205\342\200\256' >&2; exit 3`,
			`\u001b]0;title\u0007\u001b[31mred; bell\u0085\u202e`,
		},
		{`printf '\377\376ok' >&2; exit 3`, `??ok`},
		{`kill -KILL $$`, ""},
	} {
		_, failed := run(t, rotate.Test, "#!/bin/sh\n"+c.script+"\n")
		if failed == nil || failed.Reason != c.want {
			t.Errorf("%s\ngives the reason %+v, want %s", c.script, failed, c.want)
		}
	}
	_, failed := run(t, rotate.Test, "#!/bin/sh\ni=0\n"+
		"while [ $i -lt 20000 ]; do echo \"line $i pending value\"; i=$((i+1)); done >&2; exit 1\n")
	if failed == nil || len(failed.Reason) > 8<<10 ||
		!strings.HasSuffix(failed.Reason, "line 19999 *****") || strings.Contains(failed.Reason, "pending") {
		t.Errorf("of much the reason is %d bytes: %.80s…", len(failed.Reason), failed.Reason)
	}
}

func TestExitCodes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		step    rotate.Step
		script  string
		problem string
		refused bool
	}{
		{rotate.Set, "exit 10", "exit status 10", true},
		{rotate.Test, "exit 10", "exit status 10", false},
		{rotate.Set, "exit 11", "exit status 11", false},
		{rotate.Set, "kill -SEGV $$", "signal: segmentation fault", false},
	} {
		_, failed := run(t, c.step, "#!/bin/sh\n"+c.script+"\n")
		if failed == nil || !strings.HasPrefix(failed.Problem, c.problem) || failed.Refused != c.refused {
			t.Errorf("%s in %s is %+v", c.script, c.step, failed)
		}
	}
}

// A rotator need not read its input, however long that is.
func TestInputIsNotRead(t *testing.T) {
	t.Parallel()
	c := callOf(rotator(t, "#!/bin/sh\nexec <&-\nexit 0\n"), rotate.Set)
	c.Current = fields("big", strings.Repeat("x", 1<<20)).Fields
	if _, err := executor(t).Call(t.Context(), c); err != nil {
		t.Error(err)
	}
}

// The surroundings of a rotator in section 2 of the protocol.
func TestSurroundings(t *testing.T) {
	t.Parallel()
	x := executor(t)
	c := callOf(rotator(t, `#!/bin/sh
set -e
umask
ls -A | wc -l | tr -d ' '
ls -ld . | cut -c1-10
mkdir sub; echo x >sub/file; chmod 500 sub
[ "$(ps -o sid= -p $$ | tr -d ' ')" = $$ ] && echo session
echo "$*"
pwd
`), rotate.Create)
	c.Args = []string{"--region", "a b"}
	output, err := x.Call(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(output)), "\n")
	want := []string{"0077", "0", "drwx------", "session", "--region a b create"}
	if len(lines) != 6 || fmt.Sprint(lines[:5]) != fmt.Sprint(want) || filepath.Dir(lines[5]) != x.WorkDir {
		t.Errorf("it finds %q, want %q in %s", lines, want, x.WorkDir)
	}
	if left, err := os.ReadDir(x.WorkDir); err != nil || len(left) > 0 {
		t.Errorf("the directory is still there: %v, %v", left, err)
	}
}

// A rotator that other users could change or replace is refused.
func TestUnsafeRotators(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		about string
		make  func(t *testing.T, own, shared string) string // shared is a folder that others may write to
		safe  bool
	}{
		{"as it should be", func(_ *testing.T, own, _ string) string { return own + "/rotator" }, true},
		{"a link in our folder", func(t *testing.T, own, _ string) string {
			must(t, os.Symlink("rotator", own+"/link"))
			return own + "/link"
		}, true},
		{"others may write it", func(t *testing.T, own, _ string) string {
			must(t, os.Chmod(own+"/rotator", 0o777))
			return own + "/rotator"
		}, false},
		{"the group may write it", func(t *testing.T, own, _ string) string {
			must(t, os.Chmod(own+"/rotator", 0o770))
			return own + "/rotator"
		}, false},
		{"others may write its folder", func(t *testing.T, own, shared string) string {
			must(t, os.Rename(own+"/rotator", shared+"/rotator"))
			return shared + "/rotator"
		}, false},
		{"others may write a folder above", func(t *testing.T, own, shared string) string {
			must(t, os.Mkdir(shared+"/sub", 0o700))
			must(t, os.Rename(own+"/rotator", shared+"/sub/rotator"))
			return shared + "/sub/rotator"
		}, false},
		{"a link from a shared folder", func(t *testing.T, own, shared string) string {
			must(t, os.Symlink(own+"/rotator", shared+"/link"))
			return shared + "/link"
		}, false},
		{"a link into a shared folder", func(t *testing.T, own, shared string) string {
			must(t, os.Rename(own+"/rotator", shared+"/rotator"))
			must(t, os.Symlink(shared+"/rotator", own+"/link"))
			return own + "/link"
		}, false},
		{"a link through a shared folder", func(t *testing.T, own, shared string) string {
			must(t, os.Symlink("../own/rotator", shared+"/there"))
			must(t, os.Symlink("../shared/there", own+"/link"))
			return own + "/link"
		}, false},
		{"of another user", func(t *testing.T, own, _ string) string {
			if os.Getuid() != 0 {
				t.Skip("only root can give a file away")
			}
			must(t, os.Chown(own+"/rotator", 65534, 65534))
			return own + "/rotator"
		}, false},
	} {
		t.Run(c.about, func(t *testing.T) {
			own := filepath.Join(filepath.Dir(rotator(t, "")), "own")
			must(t, os.Mkdir(own, 0o700))
			must(t, os.Rename(filepath.Join(filepath.Dir(own), "rotator"), own+"/rotator"))
			shared := filepath.Join(filepath.Dir(own), "shared")
			must(t, os.Mkdir(shared, 0o700))
			must(t, os.Chmod(shared, 0o777))
			_, err := executor(t).Find(c.make(t, own, shared))
			if (err == nil) != c.safe || (err != nil && !errors.Is(err, rotate.ErrUnsafeRotator)) {
				t.Errorf("the error is %v", err)
			}
		})
	}
}

// The error of a rotator that cannot be started is one line with its path.
func TestUnusableRotators(t *testing.T) {
	t.Parallel()
	x := executor(t)
	must(t, os.Chmod(x.Dir, 0o700))
	must(t, os.WriteFile(filepath.Join(x.Dir, "mine.sh"), []byte("#!/bin/sh\n"), 0o700))
	for _, name := range []string{"mine", "mine.sh"} {
		if path, err := x.Find(name); err != nil || filepath.Base(path) != "mine.sh" {
			t.Errorf("%s is found as %q, %v", name, path, err)
		}
	}
	plain := rotator(t, "#!/bin/sh\n")
	must(t, os.Chmod(plain, 0o600))
	for path, want := range map[string]string{
		"absent":                         "there is no rotator " + x.Dir + "/absent",
		"sub/mine.sh":                    "is not absolute",
		plain:                            "is not an executable file; run: chmod u+x " + plain,
		filepath.Dir(plain):              "is not an executable file",
		rotator(t, "#!/no/such/shell\n"): "cannot be started, since the program in its first line does not exist",
		rotator(t, "echo without a first\n"): "cannot be started, since it is not a program and has no first line such as" +
			" #!/bin/sh",
	} {
		_, err := x.Call(t.Context(), callOf(path, rotate.Test))
		var failed *rotate.StepError
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") ||
			errors.As(err, &failed) {
			t.Errorf("%s: the error is %v", path, err)
		}
	}
}

// Calls at the same time do not disturb each other, although the umask belongs to the
// process.
func TestCallsAtOnce(t *testing.T) {
	t.Parallel()
	path := rotator(t, "#!/bin/sh\numask\ncat\n")
	x := executor(t)
	results := make(chan error)
	const n = 8
	for i := range n {
		go func() {
			c := callOf(path, rotate.Create)
			c.Name = vault.Name(fmt.Sprint("db", i))
			output, err := x.Call(t.Context(), c)
			if err == nil && (!bytes.HasPrefix(output, []byte("0077\n")) || !bytes.Contains(output, []byte(c.Name))) {
				err = fmt.Errorf("%s printed %q", c.Name, output)
			}
			results <- err
		}()
	}
	for range n {
		if err := <-results; err != nil {
			t.Error(err)
		}
	}
}

// The directory of a killed run is removed when the caller holds the lock of the secret's
// rotators.
func TestLeftoversOfTheSameSecret(t *testing.T) {
	t.Parallel()
	x := executor(t)
	left, others := filepath.Join(x.WorkDir, "secret-rotator-a-1"), filepath.Join(x.WorkDir, "secret-rotator-b-1")
	for _, dir := range []string{left, others} {
		must(t, os.MkdirAll(filepath.Join(dir, "sub"), 0o700))
	}
	c := callOf(rotator(t, "#!/bin/sh\n"), rotate.Test)
	c.ID = "a"
	for _, held := range []*os.File{nil, os.Stdin} { // as long as it is not nil it may be any
		c.Inherit = held
		if _, err := x.Call(t.Context(), c); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(left); errors.Is(err, fs.ErrNotExist) != (held != nil) {
			t.Errorf("with the lock %v: %v", held != nil, err)
		}
	}
	if _, err := os.Stat(others); err != nil {
		t.Error(err)
	}
}

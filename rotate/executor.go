package rotate

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
	"unicode"
	"unicode/utf8"

	"example.org/secret/vault/mask"
)

const (
	maxOutput = 1 << 20
	maxReason = 4 << 10

	// The name of a rotator's directory begins with workDirPrefix and the secret's id, so
	// that the next run finds the directories of a killed one.
	workDirPrefix = "secret-rotator-"

	// killGrace is the time from SIGTERM to SIGKILL.
	killGrace = 5 * time.Second
	// strayGrace is the time in which output may arrive after all processes were killed.
	strayGrace = time.Second
)

// ErrUnsafeRotator is returned for a rotator that other users could change.
var ErrUnsafeRotator = errors.New("other users can change it")

// baseVariables are the variables that a rotator gets from Executor.Environ.
var baseVariables = []string{"PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "TZ", "TMPDIR"}

// Executor calls rotators as PROTOCOL.md says. It is safe for concurrent use.
type Executor struct {
	Dir     string   // the rotators directory, for rotators without a path
	WorkDir string   // where each call gets a directory of its own; memory-backed if possible
	Environ []string // has the base variables

	starting sync.Mutex // held while the umask, which belongs to the process, is changed
}

// Call implements [Caller].
func (x *Executor) Call(ctx context.Context, c Call) ([]byte, error) {
	path, err := x.Find(c.Rotator)
	if err != nil {
		return nil, err
	}
	input, err := c.input()
	if err != nil {
		return nil, err
	}
	dir, err := x.makeWorkDir(c)
	if err != nil {
		return nil, fmt.Errorf("making a directory for the rotator: %w", err)
	}
	defer removeWorkDir(dir)
	ctx, cancel := context.WithTimeout(ctx, c.Timeout)
	defer cancel()
	cmd := exec.Command(path, append(slices.Clone(c.Args), string(c.Step))...)
	cmd.Dir = dir
	cmd.Env = append(x.baseEnvironment(), c.environment()...)
	var stderr tail
	masked := mask.New(c.secrets()...).Writer(&stderr)
	stdout, err := x.run(ctx, cmd, c.Inherit, input, masked)
	_ = masked.Close()
	switch {
	case err == nil && c.Step != Create && c.Step != Describe:
		return nil, nil
	case err == nil && len(stdout) > maxOutput:
		return nil, fmt.Errorf("%s: it printed more than %d bytes", c.Step, maxOutput)
	case err == nil:
		return stdout, nil
	}
	failed := &StepError{Step: c.Step, Reason: oneLine(string(stderr)), Problem: err.Error()}
	var exit *exec.ExitError
	switch {
	case ctx.Err() == context.DeadlineExceeded:
		failed.Problem = fmt.Sprintf("timed out after %v", c.Timeout)
	case ctx.Err() != nil:
		failed.Problem = "interrupted"
	case errors.As(err, &exit):
		failed.Problem = exit.ProcessState.String()
		failed.Refused = c.Step == Set && exit.ExitCode() == exitRefused
	default:
		return nil, fmt.Errorf("the rotator %s cannot be started%s: %w", path, notStarted(err), err)
	}
	return nil, failed
}

// makeWorkDir makes a directory for one call. If the caller holds the lock of the
// secret's rotators, it removes the directories of killed runs, which are not in use.
func (x *Executor) makeWorkDir(c Call) (string, error) {
	prefix := workDirPrefix
	if c.Inherit != nil {
		prefix += c.ID + "-"
		left, _ := filepath.Glob(filepath.Join(x.WorkDir, prefix+"*"))
		for _, dir := range left {
			removeWorkDir(dir)
		}
	}
	return os.MkdirTemp(x.WorkDir, prefix)
}

// removeWorkDir removes the directory of a call, even where the rotator took the right to
// write away. It works through a root, because a link that another user put in the place
// of a directory must not change the mode of a directory elsewhere.
func removeWorkDir(dir string) {
	root, err := os.OpenRoot(filepath.Dir(dir))
	if err != nil {
		return
	}
	defer root.Close()
	name := filepath.Base(dir)
	if info, err := root.Lstat(name); err == nil && info.IsDir() {
		_ = fs.WalkDir(root.FS(), name, func(path string, entry fs.DirEntry, err error) error {
			if err == nil && entry.IsDir() {
				_ = root.Chmod(path, 0o700)
			}
			return nil
		})
	}
	_ = root.RemoveAll(name)
}

// notStarted explains an error of the kernel that does not name its cause.
func notStarted(err error) string {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return ", since the program in its first line does not exist"
	case errors.Is(err, syscall.ENOEXEC):
		return ", since it is not a program and has no first line such as #!/bin/sh"
	}
	return ""
}

// run runs cmd as the leader of a process group, and kills the rest of the group when
// cmd has ended. It makes the pipes itself, because exec.Cmd waits for a process that
// left the group and keeps them open.
func (x *Executor) run(
	ctx context.Context, cmd *exec.Cmd, inherit *os.File, input []byte, stderr io.Writer,
) (stdout []byte, err error) {
	var pipes [3]struct{ r, w *os.File }
	for i := range pipes {
		if pipes[i].r, pipes[i].w, err = os.Pipe(); err != nil {
			return nil, err
		}
		defer pipes[i].r.Close()
		defer pipes[i].w.Close()
	}
	cmd.Stdin, cmd.Stdout, cmd.Stderr = pipes[0].r, pipes[1].w, pipes[2].w
	x.starting.Lock()
	err = startGroup(cmd, inherit)
	x.starting.Unlock()
	if err != nil {
		return nil, err
	}
	_ = pipes[0].r.Close()
	_ = pipes[1].w.Close()
	_ = pipes[2].w.Close()

	var copying sync.WaitGroup
	go func() { // nothing waits for it: a rotator need not read its input
		_, _ = pipes[0].w.Write(input)
		_ = pipes[0].w.Close()
	}()
	copying.Go(func() { stdout = readHead(pipes[1].r, maxOutput+1) })
	copying.Go(func() { _, _ = io.Copy(stderr, pipes[2].r) })
	exited := make(chan error, 1)
	go func() { exited <- cmd.Wait() }()
	select {
	case err = <-exited:
	case <-ctx.Done():
		terminateGroup(cmd)
		select {
		case err = <-exited:
		case <-time.After(killGrace):
			killGroup(cmd)
			err = <-exited
		}
		if err == nil {
			err = ctx.Err()
		}
	}
	killGroup(cmd)
	stray := time.AfterFunc(strayGrace, func() {
		_ = pipes[1].r.Close()
		_ = pipes[2].r.Close()
	})
	defer stray.Stop()
	copying.Wait()
	return stdout, err
}

// readHead reads to the end and returns up to limit bytes.
func readHead(r io.Reader, limit int64) []byte {
	head, _ := io.ReadAll(io.LimitReader(r, limit))
	_, _ = io.Copy(io.Discard, r)
	return head
}

// tail is a writer that keeps the last maxReason bytes.
type tail []byte

func (t *tail) Write(p []byte) (int, error) {
	*t = append(*t, p...)
	if excess := len(*t) - maxReason; excess > 0 {
		*t = (*t)[excess:]
	}
	return len(p), nil
}

func (x *Executor) baseEnvironment() []string {
	var base []string
	for _, variable := range x.Environ {
		name, _, _ := strings.Cut(variable, "=")
		if slices.Contains(baseVariables, name) || strings.HasPrefix(name, "LC_") {
			base = append(base, variable)
		}
	}
	return base
}

// oneLine joins the lines of text, and escapes control characters.
func oneLine(text string) string {
	lines := strings.FieldsFunc(text, func(r rune) bool { return r == '\n' || r == '\r' })
	var b strings.Builder
	for _, r := range strings.TrimSpace(strings.Join(lines, "; ")) {
		switch {
		case r == utf8.RuneError:
			b.WriteRune('?')
		case unicode.IsControl(r) || unicode.Is(unicode.Cf, r):
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// Find returns the path of the rotator file. A name without a separator is a file in the
// rotators directory, where the ending .sh may be left out. Find returns
// [ErrUnsafeRotator] if other users can change or replace the file, and an error if the
// file is not executable.
func (x *Executor) Find(rotator string) (string, error) {
	path := rotator
	if !strings.ContainsRune(rotator, filepath.Separator) {
		path = filepath.Join(x.Dir, rotator)
		if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
			if _, err := os.Stat(path + ".sh"); err == nil {
				path += ".sh"
			}
		}
	}
	if !filepath.IsAbs(path) {
		return "", fmt.Errorf("the path of the rotator %q is not absolute", rotator)
	}
	file, err := filepath.EvalSymlinks(path)
	if err != nil {
		return "", fmt.Errorf("there is no rotator %s: %w", path, err)
	}
	info, err := os.Stat(file)
	if err != nil {
		return "", fmt.Errorf("the rotator %s: %w", path, err)
	}
	if !info.Mode().IsRegular() || !isExecutable(info) {
		return "", fmt.Errorf("the rotator %s is not an executable file; run: chmod u+x %s", path, path)
	}
	return file, checkOwnership(path)
}

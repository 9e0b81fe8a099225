//go:build unix

package rotators_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"example.org/secret/examples/rotators"
)

// fields is the value of one version of a secret.
type fields map[string]string

func (f fields) with(name, value string) fields {
	g := maps.Clone(f)
	g[name] = value
	return g
}

// versions are the values in a rotator's input; nil for a version that is absent.
type versions struct {
	current, pending, previous, admin fields
}

// driver calls one rotator by rotate/PROTOCOL.md. It keeps the versions in memory and
// does not retry.
type driver struct {
	t       testing.TB
	rotator string   // the file
	args    []string // before the step
	kind    string
	bin     string // the only directory in the rotator's PATH
	argv    string // the file where the programs in bin record their arguments
	home    string
	token   int
	versions
	secrets map[string]bool // values that must not show anywhere, unless false
}

// runner runs a subtest with a driver of its own.
type runner func(name string, f func(t *testing.T, d *driver))

// tools are the programs that the built-in rotators may call. Their PATH has no other,
// so that no other program can get a password in its arguments.
var tools = []string{
	"awk", "cat", "cmp", "cp", "curl", "cut", "flock", "grep", "htpasswd", "jq", "mariadb",
	"mkdir", "mv", "mysql", "od", "openssl", "psql", "python3", "readlink", "redis-cli", "rm",
	"rmdir", "sed", "sh", "sha256sum", "shasum", "sleep", "ssh", "ssh-keygen", "sync", "tail",
	"timeout", "tr", "valkey-cli", "wc",
}

// newDriver writes a built-in rotator to a file and prepares to call it.
func newDriver(t testing.TB, name string, args ...string) *driver {
	t.Helper()
	source, err := rotators.Read(name)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	file := filepath.Join(dir, "rotator")
	writeProgram(t, file, string(source))
	return driverFor(t, file, args...)
}

// driverFor prepares to call the rotator file.
func driverFor(t testing.TB, file string, args ...string) *driver {
	t.Helper()
	dir := t.TempDir()
	d := &driver{
		t: t, rotator: file, args: args, kind: "credential",
		bin: filepath.Join(dir, "bin"), argv: filepath.Join(dir, "argv"),
		home: filepath.Join(dir, "home"), secrets: map[string]bool{},
	}
	for _, folder := range []string{d.bin, d.home} {
		if err := os.Mkdir(folder, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, tool := range tools {
		if path, err := exec.LookPath(tool); err == nil {
			d.record(tool, path)
		}
	}
	return d
}

// record puts a program into the rotator's PATH that logs its arguments and then runs
// the real one.
func (d *driver) record(tool, path string) {
	writeProgram(d.t, filepath.Join(d.bin, tool), fmt.Sprintf(
		"#!/bin/sh\nprintf '%%s\\0' %s \"$@\" >>'%s'\nexec '%s' \"$@\"\n", tool, d.argv, path))
}

// without removes a program from the rotator's PATH.
func (d *driver) without(tool string) {
	if err := os.Remove(filepath.Join(d.bin, tool)); err != nil && !os.IsNotExist(err) {
		d.t.Fatal(err)
	}
}

// writeProgram writes an executable file while no other test starts a program: one that
// inherited the open file would make it "busy".
func writeProgram(t testing.TB, path, text string) {
	t.Helper()
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	if err := os.WriteFile(path, []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
}

// result is how one call ended.
type result struct {
	code           int
	stdout, stderr string
}

// call runs one step. No password may be in an argument of a program, in standard error
// or, except for create, in the output.
func (d *driver) call(step string, v versions) result {
	d.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, d.rotator, append(slices.Clone(d.args), step)...)
	call := input{step, "test/secret", d.uuid(), d.kind, nil, v}
	document, err := call.json()
	if err != nil {
		d.t.Fatal(err)
	}
	var stdout, stderr bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(document), &stdout, &stderr
	cmd.Dir = d.t.TempDir()
	cmd.Env = append(call.env(), "PATH="+d.bin, "HOME="+d.home, "LANG=C.UTF-8")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	err = cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) && !errors.Is(err, syscall.EPIPE) {
		d.t.Fatalf("%s: %v", step, err)
	}
	r := result{cmd.ProcessState.ExitCode(), stdout.String(), stderr.String()}
	d.checkLeaks(step, v, r)
	return r
}

// uuid returns the token of this rotation.
func (d *driver) uuid() string { return fmt.Sprintf("0196f0c4-7a55-7d2e-9d0c-%012d", d.token) }

func (d *driver) checkLeaks(step string, v versions, r result) {
	d.t.Helper()
	for _, f := range []fields{v.current, v.pending, v.previous, v.admin} {
		for name, value := range f {
			if slices.Contains([]string{"password", "token", "private_key", "secret_access_key"}, name) {
				if _, known := d.secrets[value]; !known {
					d.secrets[value] = true
				}
			}
		}
	}
	argv, err := os.ReadFile(d.argv)
	if err != nil && !os.IsNotExist(err) {
		d.t.Fatal(err)
	}
	for secret, hidden := range d.secrets {
		if !hidden {
			continue
		}
		if len(secret) < 6 {
			d.t.Fatalf("the password %q is too short to be looked for", secret)
		}
		if bytes.Contains(argv, []byte(secret)) {
			d.t.Errorf("%s: the password %q was in a program's arguments", step, secret)
		}
		if strings.Contains(r.stderr, secret) {
			d.t.Errorf("%s: the password %q was on standard error:\n%s", step, secret, r.stderr)
		}
		if step != "create" && strings.Contains(r.stdout, secret) {
			d.t.Errorf("%s: the password %q was on standard output:\n%s", step, secret, r.stdout)
		}
	}
}

// must runs a step that must succeed.
func (d *driver) must(step string) result {
	d.t.Helper()
	r := d.call(step, d.versions)
	if r.code != 0 {
		d.t.Fatalf("%s exits with %d:\n%s", step, r.code, r.stderr)
	}
	return r
}

// refuses runs a step that must fail with a reason; code is 10, or 1 for any other
// failure.
func (d *driver) refuses(step string, code int, reason string) {
	d.t.Helper()
	r := d.call(step, d.versions)
	if r.code == 0 || (r.code == 10) != (code == 10) || !strings.Contains(r.stderr, reason) {
		d.t.Errorf("%s exits with %d, want %d and %q on standard error, which is:\n%s",
			step, r.code, code, reason, r.stderr)
	}
}

// create runs the first step. password stands for the one that the tool generates.
func (d *driver) create(password string) {
	d.t.Helper()
	d.token++
	d.pending = nil
	out := d.must("create").stdout
	pending := maps.Clone(d.current)
	if d.kind == "credential" || out == "" {
		pending["password"] = password
	}
	if out != "" {
		members, err := parseCreate(out)
		if err != nil {
			d.t.Fatalf("create prints %q: %v", out, err)
		}
		maps.Copy(pending, members)
	}
	d.pending = pending
}

// promote moves the labels.
func (d *driver) promote() {
	d.previous, d.current, d.pending = d.current, d.pending, nil
}

// rotate runs a whole rotation, and calls the steps that change something twice.
func (d *driver) rotate(password string) {
	d.t.Helper()
	d.create(password)
	d.must("set")
	d.must("set")
	d.must("test")
	d.promote()
	d.must("finish")
	d.must("finish")
}

// works runs test for a version that is not pending, as the tool does.
func (d *driver) works(f fields) bool {
	d.t.Helper()
	v := d.versions
	v.pending = f
	return d.call("test", v).code == 0
}

// nasty are passwords with characters that shells, SQL and configuration files treat
// specially.
var nasty = []string{
	`it's "quoted" and\slashed\`,
	"%s%n $HOME $(id) `id`",
	`-p --dash=1 {"json": [1]}`,
	`  spaces  #and;marks:/@?&*!  `,
	`pässwörd€😀`,
	`'); DROP USER x; --`,
}

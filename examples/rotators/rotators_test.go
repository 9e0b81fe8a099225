//go:build unix

package rotators_test

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"example.org/secret/examples/rotators"
	"example.org/secret/rotate/servicetest"
)

// skipIfShort skips a test that takes more than a second.
func skipIfShort(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("it takes long")
	}
}

func TestNames(t *testing.T) {
	t.Parallel()
	names := rotators.Names()
	want := []string{
		"aws-iam", "htpasswd", "http-token", "mysql", "mysql-alternating", "postgres",
		"postgres-alternating", "redis", "ssh-key", "template.go", "template.py",
	}
	if !slices.Equal(names, want) {
		t.Errorf("the names are %q", names)
	}
	readme := read(t, "README.md")
	for _, name := range names {
		source, err := rotators.Read(name)
		if err != nil {
			t.Error(err)
		}
		text := rotators.Describe(name)
		if len(text) < 20 || len(text) > 100 || !strings.HasSuffix(text, ".") {
			t.Errorf("%s is described as %q", name, text)
		}
		if !bytes.Contains(source, []byte(text)) || !strings.Contains(readme, "| `"+name+"` |") {
			t.Errorf("%s is not in README.md", name)
		}
	}
	if _, err := rotators.Read("oracle"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("reading what is not there gives %v", err)
	}
	for _, name := range []string{"oracle", "", "README.md", "../rotators/postgres"} {
		if got := rotators.Describe(name); got != "" {
			t.Errorf("%q is described as %q", name, got)
		}
	}
}

// scripts returns the shell scripts of this directory.
func scripts(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("*.sh")
	if err != nil || len(files) < 9 {
		t.Fatalf("the scripts are %q, %v", files, err)
	}
	return append(files, "testdata/aws", "testdata/mysql")
}

func TestShellcheck(t *testing.T) {
	skipIfShort(t)
	t.Parallel()
	shellcheck := servicetest.Need(t, "shellcheck")
	out, err := exec.Command(shellcheck, append([]string{"--shell=sh"}, scripts(t)...)...).CombinedOutput()
	if err != nil {
		t.Errorf("shellcheck: %v\n%s", err, out)
	}
}

func TestPOSIXShell(t *testing.T) {
	t.Parallel()
	dash := servicetest.Need(t, "dash")
	for _, file := range scripts(t) {
		if out, err := exec.Command(dash, "-n", file).CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", file, err, out)
		}
	}
}

// The rotators ignore steps that a later version of the protocol may add.
func TestUnknownSteps(t *testing.T) {
	skipIfShort(t)
	t.Parallel()
	for _, name := range rotators.Names() {
		if name == "template.go" { // has its own test
			continue
		}
		d := newDriver(t, name)
		if strings.HasPrefix(name, "template") {
			d.record("python3", python(t))
		}
		d.record("mysql", "/bin/true") // the script looks for it first
		d.record("redis-cli", "/bin/true")
		if r := d.call("later", versions{}); r.code != 0 || r.stdout != "" {
			t.Errorf("%s exits with %d and prints %q: %s", name, r.code, r.stdout, r.stderr)
		}
		d.refuses("test", 1, "")
	}
}

// The files are executable, so that a copy of them is.
func TestModes(t *testing.T) {
	t.Parallel()
	for _, file := range append(scripts(t), "template.py") {
		if info, err := os.Stat(file); err != nil || info.Mode()&0o111 == 0 {
			t.Errorf("%s: %v, %v", file, info.Mode(), err)
		}
	}
}

package main_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"example.org/secret/crypto"
	"example.org/secret/vault"
)

// These helpers run and kill real processes of a program that is built as for a release.

// skipIfShort skips a test that takes more than a second.
func skipIfShort(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("it takes long")
	}
}

func isLong() bool { return os.Getenv("SECRET_TEST_LONG") != "" }

// unavailable skips a test for want of something, or fails it where everything
// has to be there.
func unavailable(t testing.TB, format string, args ...any) {
	t.Helper()
	if os.Getenv("SECRET_TEST_SERVICES") == "required" {
		t.Fatalf(format, args...)
	}
	t.Skipf(format, args...)
}

// build builds a program as the release does, once, and returns its path.
func build(t testing.TB, pkg string) string {
	t.Helper()
	building.Lock()
	defer building.Unlock()
	name := filepath.Base(pkg)
	if pkg == "." {
		name = "secret"
	}
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	path := filepath.Join(os.Getenv("SECRET_TEST_PROGRAMS"), name)
	if _, err := os.Stat(path); err == nil {
		return path
	}
	cmd := exec.Command("go", "build", "-trimpath", "-ldflags=-s -w", "-o", path, pkg)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if output, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %v\n%s", cmd, err, output)
	}
	return path
}

var building sync.Mutex

// owner is a user with a vault and a key file.
type owner struct {
	binary, vault, keyFile string
	env                    []string // beside that of every process
}

func (o owner) command(args ...string) *exec.Cmd {
	return o.wrapped(nil, args...)
}

// wrapped is command run by another program, such as strace.
func (o owner) wrapped(wrapper []string, args ...string) *exec.Cmd {
	line := slices.Concat(wrapper, []string{o.binary}, args)
	// A process that hangs is a failure of its test, not of the whole package.
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	cmd := exec.CommandContext(ctx, line[0], line[1:]...)
	cmd.Cancel = func() error { cancel(); return cmd.Process.Kill() }
	cmd.Env = append([]string{
		"SECRET_VAULT=" + o.vault, "SECRET_KEY_FILE=" + o.keyFile, "HOME=" + filepath.Dir(o.keyFile),
		"PATH=" + os.Getenv("PATH"),
	}, o.env...)
	return cmd
}

type result struct {
	stdout, stderr string
	code           int // -1 if a signal ended the process
}

func run(t testing.TB, cmd *exec.Cmd, stdin string) result {
	t.Helper()
	var stdout, stderr bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(stdin), &stdout, &stderr
	var exit *exec.ExitError
	if err := cmd.Run(); err != nil && !errors.As(err, &exit) {
		t.Fatalf("%v: %v", cmd, err)
	}
	return result{stdout.String(), stderr.String(), cmd.ProcessState.ExitCode()}
}

// must runs a command that must succeed, and returns its output.
func (o owner) must(t testing.TB, stdin string, args ...string) string {
	t.Helper()
	r := run(t, o.command(args...), stdin)
	if r.code != 0 {
		t.Fatalf("secret %s: exit code %d: %s", strings.Join(args, " "), r.code, r.stderr)
	}
	return r.stdout
}

// newOwner makes an owner with a vault of three secrets. target has two versions.
func newOwner(t testing.TB, binary string) owner {
	t.Helper()
	dir := t.TempDir()
	o := owner{binary: binary, vault: filepath.Join(dir, "vault"), keyFile: filepath.Join(dir, "key")}
	o.fill(t)
	return o
}

func (o owner) fill(t testing.TB) {
	t.Helper()
	o.must(t, "", "init")
	o.must(t, "first", "set", "target")
	o.must(t, "second", "set", "target")
	o.must(t, "", "set", "pairs", "A=1", "B=2")
	o.must(t, "untouched", "set", "bystander")
}

// open opens the vault in this process.
func (o owner) open(t testing.TB) *vault.Vault {
	t.Helper()
	text, err := os.ReadFile(o.keyFile)
	if err != nil {
		t.Fatal(err)
	}
	masters, err := crypto.ParseMasterKeys(string(text))
	if err != nil {
		t.Fatal(err)
	}
	header, err := vault.ReadHeader(o.vault)
	if err != nil {
		t.Fatal(err)
	}
	var key *crypto.VaultKey
	for _, master := range masters {
		if key, err = crypto.DeriveVaultKey(master, header.ID, rand.Reader); err != nil {
			t.Fatal(err)
		}
		if key.Check() == header.Check {
			break
		}
	}
	v, err := vault.Open(header, key, vault.Options{
		Now: time.Now, Rand: rand.Reader, History: 100,
		LockTimeout: time.Minute,
	})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// state tells of everything in the vault, as listing and reading show it.
func (o owner) state(t testing.TB) string {
	t.Helper()
	v := o.open(t)
	listing, err := v.List()
	if err != nil || len(listing.Damaged) > 0 {
		t.Fatalf("listing: %v, %v", err, listing.Damaged)
	}
	var b strings.Builder
	for _, summary := range listing.Secrets {
		s, err := v.Get(summary.Name)
		if err != nil {
			t.Fatalf("listed, but: %v", err)
		}
		fmt.Fprintf(&b, "%s deleted=%t labels=%v", s.Name, s.Deletion != nil, s.Labels)
		for _, version := range s.Versions {
			fmt.Fprintf(&b, " %d:%q%q", version.Number, version.Plain, version.Fields)
		}
		b.WriteString("\n")
	}
	return b.String()
}

// leftovers returns the files of the vault that are not meant to stay.
func (o owner) leftovers(t testing.TB) []string {
	t.Helper()
	var found []string
	err := filepath.WalkDir(o.vault, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && strings.HasPrefix(entry.Name(), ".") && entry.Name() != ".gitattributes" {
			found = append(found, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

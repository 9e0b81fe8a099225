//go:build unix

// The tests of this directory run the commands of README.md and of the examples, with
// programs built from this tree.
package examples_test

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// bin holds the built programs: secret, and age as its authors ship it.
var bin string

func TestMain(m *testing.M) {
	flag.Parse()
	if testing.Short() {
		return // they build three programs, and walk through long scripts with them
	}
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "secret-examples-")
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer os.RemoveAll(dir)
		bin = dir
		for name, pkg := range map[string]string{
			"secret": "../cmd/secret", "age": "filippo.io/age/cmd/age",
			"app": "./programs",
		} {
			build := exec.Command("go", "build", "-buildvcs=false", "-o", filepath.Join(bin, name), pkg)
			if output, err := build.CombinedOutput(); err != nil {
				fmt.Fprintf(os.Stderr, "building %s: %v\n%s", pkg, err, output)
				return 1
			}
		}
		return m.Run()
	}())
}

// need skips a test whose program is not installed, or fails it where all have
// to be.
func need(t *testing.T, program string) {
	t.Helper()
	if _, err := exec.LookPath(program); err == nil {
		return
	}
	if os.Getenv("SECRET_TEST_SERVICES") == "required" {
		t.Fatalf("%s is not installed", program)
	}
	t.Skipf("%s is not installed", program)
}

// newHome returns the environment of a user with a home of their own, nothing in
// it, and a place for the key file in more if any.
func newHome(t *testing.T, more map[string]string) (home string, environ []string) {
	t.Helper()
	home = t.TempDir()
	variables := map[string]string{
		"HOME": home, "PATH": bin + string(os.PathListSeparator) + os.Getenv("PATH"),
		"LC_ALL": "C.UTF-8", "TZ": "UTC", "TERM": "dumb",
	}
	maps.Copy(variables, more)
	for _, name := range slices.Sorted(maps.Keys(variables)) {
		environ = append(environ, name+"="+variables[name])
	}
	return home, environ
}

// newVault makes a vault with the three secrets that the examples read. It
// returns its place, that of its key and an environment that finds both.
func newVault(t *testing.T) (dir, key string, environ []string) {
	t.Helper()
	key = filepath.Join(t.TempDir(), "secret-key")
	dir = filepath.Join(t.TempDir(), "vault")
	_, environ = newHome(t, map[string]string{"SECRET_KEY_FILE": key, "SECRET_VAULT": dir})
	script := exec.Command("sh", "-euc", `
		secret init
		printf sk-proj-4242 | secret set openai/key
		printf 'sk_live "99"\n' | secret set stripe SECRET_KEY=- --raw
		printf 'p@ss word' | secret set prod/db --username app --engine postgres --host db.example.org --dbname shop`)
	script.Env = environ
	if output, err := script.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	return dir, key, environ
}

// run returns the output of a command, and fails the test unless it succeeds.
func run(t *testing.T, environ []string, name string, args ...string) string {
	t.Helper()
	var stderr strings.Builder
	cmd := exec.Command(name, args...)
	cmd.Env, cmd.Stderr = environ, &stderr
	output, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s %q: %v\n%s%s", name, args, err, output, stderr.String())
	}
	return string(output)
}

// lineAfter returns the rest of the one line in a file that begins with prefix.
func lineAfter(t *testing.T, path, prefix string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	_, after, found := strings.Cut("\n"+string(text), "\n"+prefix)
	if !found {
		t.Fatalf("%s has no line that begins with %q", path, prefix)
	}
	line, _, _ := strings.Cut(after, "\n")
	return line
}

func TestQuickstart(t *testing.T) {
	need(t, "bash")
	output := run(t, os.Environ(), "bash", "quickstart.sh")
	for _, want := range []string{
		"\nkey sk-4242, stripe sk-2222, database postgres as app\n", `"value":"sk-4242"`,
		"\n# Done.",
	} {
		if !strings.Contains(output, want) {
			t.Errorf("%q is not in what it printed:\n%s", want, output)
		}
	}
}

// A quick start that cannot fail would show nothing.
func TestQuickstartNoticesAWrongValue(t *testing.T) {
	need(t, "bash")
	script, err := os.ReadFile("quickstart.sh")
	if err != nil {
		t.Fatal(err)
	}
	broken := strings.Replace(string(script), "secret rollback prod/db", "true", 1)
	if broken == string(script) {
		t.Fatal("the script rolls nothing back")
	}
	// Here $0 is the argument behind the script, in this directory.
	broken = strings.Replace(broken, "${BASH_SOURCE[0]}", "$0", 1)
	output, err := exec.Command("bash", "-c", broken, "./quickstart.sh").CombinedOutput()
	if err == nil || !strings.Contains(string(output), "\nexpected: ") {
		t.Errorf("without its rollback it ended with %v:\n%s", err, output)
	}
}

func TestPrograms(t *testing.T) {
	_, _, environ := newVault(t)
	const line = " has a key of 12 characters and logs in as app@db.example.org\n"
	for _, program := range []struct {
		name, needs string
		command     []string
		want        string
	}{
		{"python", "python3", []string{"python3", "programs/app.py"}, "python" + line},
		{"node", "node", []string{"node", "programs/app.mjs"}, "node" + line},
		{"go", "go", []string{filepath.Join(bin, "app")}, "go" + line},
		{"make", "make", []string{"make", "-sC", "programs", "deploy"}, "make deploys with a URL of 48 characters\n"},
		{
			"direnv", "bash",
			[]string{"bash", "-c", `. programs/envrc; env | grep -E '^(OPENAI|SECRET_KEY=)' | sort`},
			"OPENAI_API_KEY=sk-proj-4242\nSECRET_KEY=sk_live \"99\"\n",
		},
	} {
		t.Run(program.name, func(t *testing.T) {
			need(t, program.needs)
			if got := run(t, environ, program.command[0], program.command[1:]...); got != program.want {
				t.Errorf("it printed %q, want %q", got, program.want)
			}
		})
	}
}

// A program for AWS Secrets Manager runs on the vault, and fails as with AWS if the secret is missing.
func TestProgramForAWS(t *testing.T) {
	need(t, "python3")
	if err := exec.Command("python3", "-c", "import boto3").Run(); err != nil {
		if os.Getenv("SECRET_TEST_SERVICES") == "required" {
			t.Fatal("boto3 is not installed")
		}
		t.Skip("boto3 is not installed")
	}
	_, _, environ := newVault(t)
	secret := filepath.Join(bin, "secret")
	got := run(t, environ, secret, "run", "--aws", "--", "python3", "programs/aws.py")
	if want := "boto3 logs in as app@db.example.org\n"; got != want {
		t.Errorf("it printed %q, want %q", got, want)
	}
	run(t, environ, secret, "delete", "prod/db")
	cmd := exec.Command(secret, "run", "--aws", "--", "python3", "programs/aws.py")
	cmd.Env = environ
	if output, err := cmd.CombinedOutput(); err == nil || !strings.Contains(string(output), "InvalidRequestException") {
		t.Errorf("without the secret it ended with %v:\n%s", err, output)
	}
}

// Each has to stop at a secret that is not there, not go on without it.
func TestProgramsStopWithoutASecret(t *testing.T) {
	_, _, environ := newVault(t)
	run(t, environ, filepath.Join(bin, "secret"), "delete", "prod/db")
	run(t, environ, filepath.Join(bin, "secret"), "delete", "stripe")
	for _, program := range []struct {
		name, needs string
		command     []string
	}{
		{"python", "python3", []string{"python3", "programs/app.py"}},
		{"node", "node", []string{"node", "programs/app.mjs"}},
		{"go", "go", []string{filepath.Join(bin, "app")}},
		{"make", "make", []string{"make", "-sC", "programs", "deploy"}},
		{"direnv", "bash", []string{"bash", "-c", `. programs/envrc; true`}},
	} {
		t.Run(program.name, func(t *testing.T) {
			need(t, program.needs)
			cmd := exec.Command(program.command[0], program.command[1:]...)
			cmd.Env = environ
			if output, err := cmd.CombinedOutput(); err == nil {
				t.Errorf("it went on:\n%s", output)
			}
		})
	}
}

// The command lines of the unit and of the crontab are run as systemd and cron
// would run them, with a stand-in for the program behind.
func TestServiceAndCron(t *testing.T) {
	dir, key, _ := newVault(t)
	standIn := t.TempDir()
	for name, variable := range map[string]string{"app": "DATABASE_URL", "backup-database": "PGPASSWORD"} {
		if err := os.WriteFile(filepath.Join(standIn, name),
			[]byte("#!/bin/sh\necho \"$"+variable+"\"\n"), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	path := "PATH=" + strings.Join([]string{standIn, bin, os.Getenv("PATH")}, string(os.PathListSeparator))
	vault := "SECRET_VAULT=" + dir

	unit := lineAfter(t, "programs/app.service", "ExecStart=/bin/sh -euc ")
	command := strings.ReplaceAll(strings.Trim(unit, "'"), "$$", "$")
	service := []string{path, vault, "CREDENTIALS_DIRECTORY=" + filepath.Dir(key)}
	if got := run(t, service, "sh", "-euc", command); got != "postgres://app:p%40ss%20word@db.example.org/shop\n" {
		t.Errorf("the service got %q", got)
	}
	if name := lineAfter(t, "programs/app.service", "LoadCredential="); !strings.HasPrefix(name, filepath.Base(key)+":") {
		t.Errorf("the unit loads %q", name)
	}
	cron := []string{path, vault, "SECRET_KEY_FILE=" + key}
	if got := run(t, cron, "sh", "-c", lineAfter(t, "programs/crontab", "30 3 * * *  ")); got != "p@ss word\n" {
		t.Errorf("the job got %q", got)
	}
}

//go:build unix

package main

import (
	"encoding/base64"
	"encoding/hex"
	"errors"
	"flag"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"example.org/secret/cmd/secret/internal/process"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	programs := map[string]func(){"secret": secretMain}
	for name := range helperNames {
		programs[name] = secretMain
	}
	programs["age-plugin-touch"] = touchPlugin
	testscript.Main(crowd{m}, programs)
}

// crowd runs more tests at once than there are processors, because they wait for clocks and for other processes.
type crowd struct{ *testing.M }

func (m crowd) Run() int {
	flag.Parse()
	syscall.Umask(0o022) // the rotators of tests would be refused where a group may write to them
	dir, err := os.MkdirTemp("", "secret-test-")
	if err == nil {
		defer os.RemoveAll(dir)
		err = errors.Join(
			flag.Set("test.parallel", "8"),
			os.Setenv("SECRET_TEST_PROGRAMS", dir),
			os.Setenv("GOTMPDIR", dir), // testscript leaves a directory there if not all scripts run
		)
	}
	if err != nil {
		panic(err)
	}
	return m.M.Run()
}

// secretMain is main with a clock that scripts set and quick passphrases, without the
// terminal that the tests were started from: no script may end up asking there.
func secretMain() {
	if os.Getenv("SECRET_TEST_TERMINAL") == "" { // which runAtTerminal makes
		_, _ = syscall.Setsid()
	}
	process.Harden()
	a := newApp()
	a.passphraseWork = 4
	if text := os.Getenv("SECRET_TEST_NOW"); text != "" {
		now, err := time.Parse(time.RFC3339, text)
		if err != nil {
			panic(err)
		}
		a.now = func() time.Time { return now }
	}
	os.Exit(run(a, arguments(os.Args)))
}

var scriptCommands = map[string]func(*testscript.TestScript, bool, []string){
	"age":    cmdAge,
	"create": cmdCreate,
	"exits":  cmdExits,
	"leak":   cmdLeak,
	"seal":   cmdSeal,
	"size":   cmdSize,
}

func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                "testdata/script",
		RequireUniqueNames: true,
		Setup:              setUpScript,
		Cmds:               scriptCommands,
		Condition: func(condition string) (bool, error) {
			if condition == "root" {
				return os.Getuid() == 0, nil
			}
			return false, errors.New("unknown condition " + condition)
		},
	})
}

func TestScriptCommandsAreDescribed(t *testing.T) {
	text, err := os.ReadFile("testdata/script/README.md")
	if err != nil {
		t.Fatal(err)
	}
	for name := range scriptCommands {
		if !regexp.MustCompile("(?m)^\\| `(! )?" + name + "[ `]").Match(text) {
			t.Errorf("testdata/script/README.md does not describe %q", name)
		}
	}
}

// scriptEnv returns the environment of a script and of other tests with a real process: a home of its own, no keyring,
// and a key file.
func scriptEnv(work string) []string {
	return []string{
		"HOME=" + filepath.Join(work, "home"),
		"TZ=UTC",
		"DBUS_SESSION_BUS_ADDRESS=unix:path=" + filepath.Join(work, "no-bus"),
		"SECRET_KEY_FILE=" + filepath.Join(work, "key"),
	}
}

// setUpScript makes a vault with a key file.
func setUpScript(env *testscript.Env) error {
	env.Vars = append(env.Vars, scriptEnv(env.WorkDir)...)
	env.Vars = append(env.Vars, "NL=\n", "VAULT="+filepath.Join(env.WorkDir, "home/.local/share/secret/vault"))
	if err := os.MkdirAll(filepath.Join(env.WorkDir, "home"), 0o700); err != nil {
		return err
	}
	program, err := exec.LookPath("secret")
	if err != nil {
		return err
	}
	init := exec.Command(program, "init")
	init.Env = env.Vars
	return init.Run()
}

// cmdExits runs a program, which has to exit with the given code. An error of
// secret has to be one line.
func cmdExits(ts *testscript.TestScript, neg bool, args []string) {
	want, err := strconv.Atoi(args[0])
	if err != nil || neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE PROGRAM [ARG...]")
	}
	var exit *exec.ExitError
	got := 0
	if err := ts.Exec(args[1], args[2:]...); errors.As(err, &exit) {
		got = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if got != want {
		ts.Fatalf("exited with %d, want %d", got, want)
	}
	if want == 0 || args[1] != "secret" {
		return
	}
	var errors []string
	for line := range strings.Lines(ts.ReadFile("stderr")) {
		switch {
		case strings.HasPrefix(line, "secret: warning: "):
		case strings.HasPrefix(line, "secret: "):
			errors = append(errors, line)
		default:
			ts.Fatalf("an error has to be one line")
		}
	}
	if len(errors) != 1 {
		ts.Fatalf("there are %d lines of errors, want 1", len(errors))
	}
}

// cmdLeak looks for a value, plain or encoded, in the output of the last program.
func cmdLeak(ts *testscript.TestScript, neg bool, args []string) {
	if !neg || len(args) != 1 {
		ts.Fatalf("usage: ! leak VALUE")
	}
	output := ts.ReadFile("stdout") + ts.ReadFile("stderr")
	value := []byte(args[0])
	for _, form := range []string{
		args[0], url.QueryEscape(args[0]), url.PathEscape(args[0]), hex.EncodeToString(value), strconv.Quote(args[0]),
		base64.StdEncoding.EncodeToString(value), base64.RawURLEncoding.EncodeToString(value),
	} {
		if strings.Contains(output, form) {
			ts.Fatalf("the value shows")
		}
	}
}

// cmdSize makes a file of the given number of bytes.
func cmdSize(ts *testscript.TestScript, neg bool, args []string) {
	n, err := strconv.Atoi(args[0])
	if err != nil || neg || len(args) != 2 {
		ts.Fatalf("usage: size BYTES FILE")
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(strings.Repeat("x", n)), 0o600))
}

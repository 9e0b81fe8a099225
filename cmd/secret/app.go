package main

import (
	"bufio"
	"crypto/rand"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"strings"
	"time"

	"example.org/secret/cmd/secret/internal/output"
	"example.org/secret/cmd/secret/internal/process"
	"example.org/secret/cmd/secret/internal/prompt"
	"example.org/secret/cmd/secret/internal/settings"
	"example.org/secret/crypto"
	"example.org/secret/crypto/keyring"
	"example.org/secret/crypto/session"
	"example.org/secret/vault"
	"example.org/secret/vault/unlock"

	"github.com/spf13/cobra"
	"golang.org/x/term"
)

// app has everything that the commands take from outside. Tests make their own.
type app struct {
	stdin           io.Reader
	stdinIsTerminal bool
	out             *output.Output
	prompt          *prompt.Prompter
	// environ is taken before the keyring is asked, which may change our own.
	environ []string
	getenv  func(string) string
	now     func() time.Time
	rand    io.Reader
	keyring keyring.OS
	// passphraseWork is lower in tests.
	passphraseWork unlock.Work
	// sessions holds the master keys that secret unlock put there.
	sessions unlock.Sessions

	// serving keeps the vault from asking for value keys, because a program waits and no user.
	serving bool

	vaultFlag   string
	keyFileFlag string
	jsonFlag    bool
	settings    *settings.Settings // nil until loaded
	opened      *vault.Vault       // nil until opened
	key         *crypto.VaultKey   // nil until found
}

// noFiles keeps the shell from completing the names of files.
const noFiles = cobra.ShellCompDirectiveNoFileComp

func newApp() *app {
	a := &app{
		stdin:           os.Stdin,
		stdinIsTerminal: term.IsTerminal(int(os.Stdin.Fd())),
		out: &output.Output{
			Stdout: process.Stdout(), StdoutIsTerminal: term.IsTerminal(int(os.Stdout.Fd())),
			Stderr: os.Stderr, StderrIsTerminal: term.IsTerminal(int(os.Stderr.Fd())),
			Colour: os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb",
		},
		prompt:   &prompt.Prompter{Open: prompt.Open},
		environ:  os.Environ(),
		getenv:   os.Getenv,
		now:      time.Now,
		rand:     rand.Reader,
		sessions: session.Kernel{},
	}
	a.out.Now = func() time.Time { return a.now() }
	a.keyring = keyring.OS{Getenv: a.getenv, Timeout: a.keyringTimeout()}
	return a
}

// keyringTimeout leaves a user the time to unlock the keyring, and does not let cron wait.
func (a *app) keyringTimeout() time.Duration {
	if a.out.StderrIsTerminal || a.getenv("DISPLAY") != "" || a.getenv("WAYLAND_DISPLAY") != "" {
		return time.Minute
	}
	return 5 * time.Second
}

// toolTimeout bounds a run of git, of the system's scheduler and the like.
const toolTimeout = time.Minute

// tool returns the way to run a program that has nothing to ask.
func (a *app) tool() process.Tool { return process.Tool{Environ: a.environ, Timeout: toolTimeout} }

// run executes one command line and returns the exit code.
func run(a *app, args []string) (code int) {
	defer func() {
		// The value of a panic could be a secret.
		if r := recover(); r != nil {
			fmt.Fprintf(a.out.Stderr, "secret: internal error (%T); please report it with the command, without values\n%s",
				r, debug.Stack())
			code = exitFailed
		}
	}()
	root := newRootCommand(a)
	root.SetArgs(args)
	root.SetIn(a.stdin)
	help := &helpWriter{to: a.out.Stdout}
	root.SetOut(help)
	var candidates *bufio.Writer
	if len(args) > 0 && strings.HasPrefix(args[0], cobra.ShellCompRequestCmd) {
		candidates = bufio.NewWriter(help) // cobra writes each by itself
		root.SetOut(candidates)
	}
	root.SetErr(a.out.Stderr)
	err := root.Execute()
	if candidates != nil {
		_ = candidates.Flush() // the error stays in help
	}
	if err == nil {
		err = output.Wrap(help.err)
	}
	return a.report(err)
}

// helpWriter remembers the first error of a write, because cobra ignores it.
type helpWriter struct {
	to  io.Writer
	err error
}

func (w *helpWriter) Write(p []byte) (int, error) {
	n, err := w.to.Write(p)
	if w.err == nil {
		w.err = err
	}
	return n, err
}

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"example.org/secret/cmd/secret/internal/escape"
	"example.org/secret/cmd/secret/internal/prompt"
	"example.org/secret/crypto"
	"example.org/secret/vault"

	"golang.org/x/term"
)

// SSH keys and age identities, such as those of a YubiKey or a TPM, are used by the
// program age: it knows them all, asks for their PINs and passphrases at the
// terminal, and would make this program an eighth larger if it were part of it.

const (
	// unattendedTimeout bounds an identity that wants to be touched where nobody is.
	unattendedTimeout = 30 * time.Second

	maxAgeLine = 4 << 10
)

// sealToIdentity seals the master key to the SSH key or age identities in a file,
// and proves that they open it again.
func (a *app) sealToIdentity(master crypto.MasterKey, path string) ([]byte, error) {
	if strings.HasSuffix(path, ".pub") {
		return nil, usagef("%s is a public key; name the private one, which stays where it is", path)
	}
	if _, err := readKeyFile(path, vault.CheckPrivate); err != nil {
		return nil, err
	}
	age := ageProgram{app: a}
	sealed, err := age.run([]byte(master.Reveal()+"\n"), "--encrypt", path)
	if err != nil {
		return nil, err
	}
	opened, err := age.run(sealed, "--decrypt", path)
	if err != nil {
		return nil, err
	}
	if proved, err := crypto.ParseMasterKey(string(opened)); err != nil || proved != master {
		return nil, noKeyf("what age sealed to %s does not open again; nothing was changed", path)
	}
	return sealed, nil
}

// fromIdentityFile uses a file that was named and holds another key than the
// vault's, which unfit says. A session goes first: it was opened so that no PIN is
// asked for, as no master key does.
func (s *keySearch) fromIdentityFile(path, text string, unfit error) (*crypto.VaultKey, error) {
	if _, err := crypto.ParseMasterKeys(text); err == nil {
		key, err := s.fromIdentity(path, text)
		if errors.Is(err, vault.ErrNoKey) {
			return nil, unfit // most likely just another vault's
		}
		return key, err
	}
	if key, err := s.fromSession(); key != nil || err != nil {
		return key, err
	}
	return s.fromIdentity(path, text)
}

func (s *keySearch) fromIdentity(path, text string) (*crypto.VaultKey, error) {
	if s.quiet && strings.Contains(text, "AGE-PLUGIN-") {
		s.note(path + " may want a PIN or a touch")
		return nil, nil
	}
	sealed, err := s.header.ReadSealedKey(vault.Identity)
	if err != nil {
		return nil, err
	}
	opened, err := ageProgram{app: s.app, quiet: s.quiet}.run(sealed, "--decrypt", path)
	if err != nil {
		return nil, err
	}
	return s.fit(string(opened), "the vault's sealed master key")
}

// fromSSHKeys tries the keys that ssh itself would take. Those that the vault is
// not sealed to ask for nothing.
func (s *keySearch) fromSSHKeys() (*crypto.VaultKey, error) {
	home := s.getenv("HOME")
	if runtime.GOOS == "windows" {
		home = s.getenv("USERPROFILE")
	}
	for _, name := range []string{"id_ed25519", "id_rsa"} {
		path := filepath.Join(home, ".ssh", name)
		if _, err := os.Lstat(path); home == "" || err != nil {
			continue
		}
		text, err := readKeyFile(path, vault.CheckPrivate)
		var key *crypto.VaultKey
		if err == nil {
			key, err = s.fromIdentity(path, text)
		}
		if key != nil || (err != nil && !errors.Is(err, vault.ErrNoKey)) {
			return key, err
		}
		if err != nil {
			s.note(err.Error())
		}
	}
	return nil, nil
}

// isIdentity guesses whether a file that holds no master key is one that age -i
// takes.
func isIdentity(text string) bool {
	return slices.ContainsFunc([]string{"-----BEGIN ", "age-encryption.org/", "AGE-PLUGIN-", "AGE-SECRET-KEY-1"},
		func(mark string) bool { return strings.Contains(text, mark) })
}

// ageProgram runs age.
type ageProgram struct {
	*app
	quiet bool // nobody is to be asked, nor to wait long
}

// run returns what age makes of the input with the identities in path. They have
// to be in a file; the input and the result are in none.
func (p ageProgram) run(input []byte, action, path string) ([]byte, error) {
	program, err := exec.LookPath("age")
	if err != nil {
		return nil, noKeyf("%s needs the program age, which is not in PATH; install age (https://age-encryption.org)", path)
	}
	full, err := filepath.Abs(path) // age would take - for its standard input
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)
	cmd := exec.CommandContext(ctx, program, action, "--identity", full)
	var messages ageMessages
	cmd.Env, cmd.Stdin, cmd.Stderr = p.environment(), bytes.NewReader(input), &messages
	cmd.WaitDelay = time.Second // a plugin may hold the pipes
	t := p.person()
	if t == nil {
		cmd.SysProcAttr = detached()
		cmd.Cancel = func() error { return killDetached(cmd.Process) }
		timer := time.AfterFunc(p.timeout(), func() { cancel(context.DeadlineExceeded) })
		defer timer.Stop()
	} else {
		defer t.Close()
		messages.terminal = t.Out
	}
	signals, release := p.prompt.Signals()
	output, interrupted, err := p.await(cmd, cancel, signals, t)
	if interrupted {
		return nil, vault.Errorf(prompt.ErrInterrupted, "interrupted; nothing was changed")
	}
	release()
	if err == nil {
		return output, nil
	}
	return nil, p.failure(path, context.Cause(ctx), err, messages.reason())
}

// await runs age, which a signal ends. The terminal gets its echo back then, since
// age does not see to that.
func (p ageProgram) await(cmd *exec.Cmd, cancel context.CancelCauseFunc, signals <-chan os.Signal, t *prompt.Terminal) ([]byte, bool, error) {
	var before *term.State
	if t != nil {
		before = t.State()
	}
	done, interrupted := make(chan struct{}), make(chan bool)
	go func() {
		select {
		case <-signals:
			cancel(prompt.ErrInterrupted)
			interrupted <- true
		case <-done:
			interrupted <- false
		}
	}()
	output, err := cmd.Output()
	close(done)
	stopped := <-interrupted
	// A key pressed at the terminal reaches age too, perhaps before us.
	killed := cmd.ProcessState != nil && cmd.ProcessState.ExitCode() == -1
	if t != nil && killed {
		t.Restore(before)
		stopped = true
	}
	return output, stopped, err
}

// failure says why age failed.
func (p ageProgram) failure(path string, cause, err error, reason string) error {
	var exit *exec.ExitError
	switch {
	case errors.Is(cause, context.DeadlineExceeded):
		reason = "no answer within " + p.timeout().String()
	case !errors.As(err, &exit):
		return noKeyf("running age for %s: %v", path, err)
	case reason == "":
		reason = err.Error()
	}
	text := fmt.Sprintf("age did not get through with %s: %s", path, reason)
	if t := p.person(); t != nil {
		t.Close()
		return noKeyf("%s", text)
	}
	return noKeyf("%s (there is no terminal where a PIN or a passphrase could be asked for; secret unlock at one opens the vault for a while)", text)
}

// person is the terminal of whoever may be asked, or nil.
func (p ageProgram) person() *prompt.Terminal {
	if p.quiet {
		return nil
	}
	t, err := p.prompt.Terminal()
	if err != nil {
		return nil
	}
	return t
}

func (p ageProgram) timeout() time.Duration {
	if p.quiet {
		return completionTimeout
	}
	return unattendedTimeout
}

// environment leaves out what makes age show the keys that it and a plugin
// exchange.
func (p ageProgram) environment() []string {
	return slices.DeleteFunc(slices.Clone(p.environ), func(variable string) bool { return strings.HasPrefix(variable, "AGEDEBUG=") })
}

// ageMessages takes what age says. What it says meanwhile, such as that a key
// waits to be touched, goes to the terminal; the error that it ends with is kept.
type ageMessages struct {
	terminal io.Writer
	line     []byte
	last     string
	failed   bool
}

func (m *ageMessages) Write(text []byte) (int, error) {
	for _, c := range text {
		switch {
		case c == '\n':
			m.endLine()
		case len(m.line) < maxAgeLine:
			m.line = append(m.line, c)
		}
	}
	return len(text), nil
}

func (m *ageMessages) endLine() {
	line := strings.TrimSpace(string(m.line))
	m.line = m.line[:0]
	text, isError := strings.CutPrefix(line, "age: error: ")
	switch {
	case m.failed || line == "": // hints, and where to report
	case isError:
		m.last, m.failed = text, true
	default:
		m.last = strings.TrimPrefix(line, "age: ")
		if m.terminal != nil {
			fmt.Fprintln(m.terminal, escape.Text(line))
		}
	}
}

func (m *ageMessages) reason() string {
	m.endLine()
	return m.last
}

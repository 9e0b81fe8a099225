//go:build unix

package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"filippo.io/age"
	"filippo.io/age/plugin"
	"github.com/rogpeppe/go-internal/testscript"
)

// buildAge builds the program as its authors ship it, once, and returns its directory.
var buildAge = sync.OnceValues(func() (string, error) {
	secret, err := exec.LookPath("secret")
	if err != nil {
		return "", err
	}
	dir := filepath.Join(filepath.Dir(secret), "age") // which testscript removes
	output, err := exec.Command("go", "build", "-o", filepath.Join(dir, "age"), "filippo.io/age/cmd/age").CombinedOutput()
	if err != nil {
		err = fmt.Errorf("building age: %w\n%s", err, output)
	}
	return dir, err
})

// cmdAge puts age into a script's PATH.
func cmdAge(ts *testscript.TestScript, _ bool, _ []string) {
	dir, err := buildAge()
	ts.Check(err)
	ts.Setenv("PATH", dir+":"+ts.Getenv("PATH"))
}

// touchPlugin is a plugin like those of hardware keys. Its identities open files after a touch, and those whose data
// begins with pin after a PIN.
func touchPlugin() {
	p, err := plugin.New("touch")
	if err != nil {
		panic(err)
	}
	p.HandleIdentityAsRecipient(func(data []byte) (age.Recipient, error) { return touchKey{p, data}, nil })
	p.HandleIdentity(func(data []byte) (age.Identity, error) { return touchKey{p, data}, nil })
	os.Exit(p.Main())
}

type touchKey struct {
	*plugin.Plugin
	data []byte
}

// Wrap encrypts nothing, which is enough for a test.
func (k touchKey) Wrap(fileKey []byte) ([]*age.Stanza, error) {
	return []*age.Stanza{{Type: "touch", Args: []string{string(k.data)}, Body: fileKey}}, nil
}

func (k touchKey) Unwrap(stanzas []*age.Stanza) ([]byte, error) {
	for _, s := range stanzas {
		if s.Type != "touch" || s.Args[0] != string(k.data) {
			continue
		}
		if bytes.HasPrefix(k.data, []byte("pin")) {
			pin, err := k.RequestValue("PIN of the key:", true)
			if err != nil || pin != "1234" {
				return nil, fmt.Errorf("wrong PIN\x1b[2J")
			}
		}
		if err := k.DisplayMessage("touch it now\x1b[2J"); err != nil {
			return nil, err
		}
		return s.Body, nil
	}
	return nil, age.ErrIncorrectIdentity
}

// identityHome returns the environment of a home with a vault, age, and an identity file that needs a PIN.
func identityHome(t *testing.T) (env, withoutKey []string, work string) {
	t.Helper()
	dir, err := buildAge()
	if err != nil {
		t.Fatal(err)
	}
	env = append(newHome(t), "PATH="+dir+":"+os.Getenv("PATH"))
	work = filepath.Dir(strings.TrimPrefix(env[0], "HOME="))
	if err := os.WriteFile(filepath.Join(work, "pin"),
		[]byte(plugin.EncodeIdentity("touch", []byte("pin"))+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	secretIn(t, env, "set", "a", "--value", "value of a")
	for _, variable := range env {
		if !strings.HasPrefix(variable, "SECRET_KEY_FILE=") {
			withoutKey = append(withoutKey, variable)
		}
	}
	return env, withoutKey, work
}

func (p *person) answers(prompt, answer string) {
	p.t.Helper()
	p.waitFor(prompt)
	p.waitForEcho(false)
	p.types(answer)
}

func TestIdentityOfPluginAsksForItsPIN(t *testing.T) {
	t.Parallel()
	env, withoutKey, work := identityHome(t)
	pin := filepath.Join(work, "pin")
	p := secretAtTerminal(t, env, "key", "add", "identity", pin)
	p.answers("PIN of the key:", "1234\r")
	if code := p.wait(); code != 0 {
		t.Fatalf("exits with %d:\n%s", code, p.screen())
	}
	p.waitFor("The vault opens with .*/pin now; name it with --key-file")

	p = secretAtTerminal(t, withoutKey, "get", "a", "--key-file", pin)
	p.answers("PIN of the key:", "1234\r")
	p.waitFor(`touch it now\\u001b\[2J`)
	p.waitFor("value of a")
	if code := p.wait(); code != 0 {
		t.Errorf("exits with %d:\n%s", code, p.screen())
	}

	p = secretAtTerminal(t, withoutKey, "get", "a", "--key-file", pin)
	p.answers("PIN of the key:", "0000\r")
	p.waitFor(`secret: age did not get through with .*/pin: .*wrong PIN\\u001b\[2J\r\n`)
	if code := p.wait(); code != exitNoKey {
		t.Errorf("exits with %d:\n%s", code, p.screen())
	}

	// Completion does not ask, although it has the terminal.
	p = secretAtTerminal(t, withoutKey, "__complete", "--key-file", pin, "get", "")
	if p.wait(); strings.Contains(p.screen(), "PIN") || strings.Contains(p.screen(), "touch") {
		t.Errorf("completion asks:\n%s", p.screen())
	}
}

func TestInterruptWhileAgeAsksRestoresEcho(t *testing.T) {
	env, _, work := identityHome(t)
	for name, interrupt := range map[string]func(*person){
		"Ctrl-C":     func(p *person) { p.types("12\x03") },
		"the signal": func(p *person) { _ = p.cmd.Process.Signal(os.Interrupt) },
		"the window": func(p *person) { p.tty.Close(); p.pty.Close() },
	} {
		p := secretAtTerminal(t, env, "key", "add", "identity", filepath.Join(work, "pin"))
		p.waitFor("PIN of the key:")
		p.waitForEcho(false)
		interrupt(p)
		if code := p.wait(); code != exitInterrupted && (name != "the window" || code == exitDone) {
			t.Errorf("%s: exits with %d", name, code)
		}
		if name != "the window" && !echoes(t, p.tty) {
			t.Errorf("%s: the terminal is left without echo", name)
		}
		if unlockers, _ := secretIn(t, env, "key", "list"); unlockers != "key-file\n" {
			t.Errorf("%s: the vault is unlocked by %q", name, unlockers)
		}
	}
}

func TestSSHKeyAsksForItsPassphrase(t *testing.T) {
	if testing.Short() {
		t.Skip("ssh-keygen makes passphrases slow")
	}
	t.Parallel()
	need(t, "ssh-keygen")
	env, withoutKey, work := identityHome(t)
	ssh := filepath.Join(work, "home", ".ssh")
	if err := os.Mkdir(ssh, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, kind := range []string{"ed25519", "rsa"} {
		key := filepath.Join(ssh, "id_"+kind)
		if out, err := exec.Command("ssh-keygen", "-q", "-t", kind, "-N", "correct "+
			"horse", "-f", key).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		// Without a terminal there is no proof, and nothing is changed.
		if out, code := secretIn(t, env, "key", "add", "identity", key); code != exitNoKey {
			t.Errorf("%s without a terminal: exits with %d: %s", kind, code, out)
		}
		p := secretAtTerminal(t, env, "key", "add", "identity", key)
		p.answers("Enter passphrase for", "correct horse\r")
		if code := p.wait(); code != 0 {
			t.Fatalf("%s: exits with %d:\n%s", kind, code, p.screen())
		}
		// It is found where ssh has it, and age does not ask for the other one.
		p = secretAtTerminal(t, withoutKey, "get", "a")
		p.answers("Enter passphrase for .*id_"+kind, "correct horse\r")
		p.waitFor("value of a")
		if code := p.wait(); code != 0 {
			t.Errorf("%s: exits with %d:\n%s", kind, code, p.screen())
		}
	}
	// The key is found, and does not open.
	p := secretAtTerminal(t, withoutKey, "get", "a")
	p.answers("Enter passphrase for", "wrong horse\r")
	p.waitFor("secret: no master key for the vault")
	if code := p.wait(); code != exitNoKey {
		t.Errorf("with a wrong passphrase: exits with %d:\n%s", code, p.screen())
	}
	// If the key sealed to the identity is lost, the passphrase still opens the vault.
	p = secretAtTerminal(t, env, "key", "add", "passphrase")
	p.answers("New passphrase", "staple battery\r")
	p.answers("The same again", "staple battery\r")
	if code := p.wait(); code != 0 {
		t.Fatalf("exits with %d:\n%s", code, p.screen())
	}
	lost, err := filepath.Glob(filepath.Join(work, "home", ".local", "share", "secret", "*", "unlock", "identity.age"))
	if err != nil || len(lost) != 1 {
		t.Fatal(lost, err)
	}
	if err := os.Remove(lost[0]); err != nil {
		t.Fatal(err)
	}
	p = secretAtTerminal(t, withoutKey, "get", "a")
	p.answers("Passphrase for the vault", "staple battery\r")
	p.waitFor("value of a")
	if code := p.wait(); code != 0 {
		t.Errorf("exits with %d:\n%s", code, p.screen())
	}
}

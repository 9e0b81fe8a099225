//go:build unix

package main

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// askpassHome is a home with an SSH key of a passphrase that nothing knows of, and
// variables as secret helper install askpass prints them.
func askpassHome(t *testing.T) (env []string, key string) {
	t.Helper()
	need(t, "ssh-agent", "ssh-add", "ssh-keygen")
	env = newHome(t)
	dir := t.TempDir()
	printed, code := secretIn(t, env, "helper", "install", "askpass", "--dir", dir)
	if code != 0 {
		t.Fatal(printed)
	}
	_, variables, _ := strings.Cut(printed, "SSH_ASKPASS=")
	path, _, _ := strings.Cut(variables, " ")
	env = append(env, "SSH_ASKPASS="+path, "SSH_ASKPASS_REQUIRE=force")
	key = filepath.Join(dir, "id_test")
	if out, err := exec.Command("ssh-keygen", "-q", "-t", "ed25519", "-N", "correct horse", "-f",
		key).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return env, key
}

// The real ssh-add gets a stored passphrase, and asks the user for another as it does without this program.
func TestAskpassAtTerminal(t *testing.T) {
	t.Parallel()
	env, key := askpassHome(t)
	p := runAtTerminal(t, env, "ssh-agent", "ssh-add", key)
	p.answers("Enter passphrase for .*id_test", "correct horse\r")
	p.waitFor("Identity added")
	if code := p.wait(); code != 0 || strings.Contains(p.screen(), "correct horse") {
		t.Errorf("exits with %d:\n%s", code, p.screen())
	}
	secretIn(t, env, "set", "ssh/id_test", "--value", "correct horse")
	p = runAtTerminal(t, env, "ssh-agent", "ssh-add", key)
	p.waitFor("Identity added")
	if code := p.wait(); code != 0 || strings.Contains(p.screen(), "Enter passphrase") {
		t.Errorf("exits with %d:\n%s", code, p.screen())
	}
}

// The user sees and answers questions to confirm.
func TestAskpassRelaysQuestions(t *testing.T) {
	env := newHome(t)
	p := secretAtTerminal(t, env, "helper", "askpass",
		"The authenticity of host 'h' can't be established.\nED25519 key fingerprint is SHA256:abc\x1b[2J.\nAre you sure you"+
			" want to continue connecting (yes/no/[fingerprint])? ")
	p.waitFor(`can't be established\.\r\nED25519 key fingerprint is SHA256:abc\\u001b\[2J\.\r\nAre you sure`)
	p.types("yes\r")
	p.waitFor(`\nyes\r\n`)
	if code := p.wait(); code != 0 {
		t.Errorf("exits with %d", code)
	}
	for answer, want := range map[string]int{"y": 0, "n": 1} {
		p := secretAtTerminal(t, append(env, "SSH_ASKPASS_PROMPT=confirm"), "helper", "askpass", "Allow use of key x?")
		p.waitFor(`Allow use of key x\? \[y/N\]`)
		p.types(answer + "\r")
		if code := p.wait(); code != want {
			t.Errorf("%s: exits with %d", answer, code)
		}
	}
	p = secretAtTerminal(t, append(env, "SSH_ASKPASS_PROMPT=none"), "helper", "askpass", "Confirm user presence")
	p.waitFor("Confirm user presence")
	if code := p.wait(); code != 0 {
		t.Errorf("a notice: exits with %d", code)
	}
}

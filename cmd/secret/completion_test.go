//go:build unix

package main

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

const completions = "../../completions/"

func TestCompletionsAreFresh(t *testing.T) {
	for shell, file := range map[string]string{
		"bash": "secret.bash", "zsh": "secret.zsh", "fish": "secret.fish", "powershell": "secret.ps1",
	} {
		want, code := secretIn(t, scriptEnv(t.TempDir()), "completion", shell)
		if code != 0 || want == "" {
			t.Fatalf("completion %s exits with %d and prints %d bytes", shell, code, len(want))
		}
		got, err := os.ReadFile(completions + file)
		if err != nil {
			t.Fatal(err)
		}
		if string(got) != want {
			t.Errorf("completions/%s is stale; run: go generate ./...", file)
		}
	}
}

// need skips a test for want of a program, unless services are required.
func need(t *testing.T, programs ...string) {
	t.Helper()
	for _, program := range programs {
		if _, err := exec.LookPath(program); err == nil {
			continue
		} else if os.Getenv("SECRET_TEST_SERVICES") == "required" {
			t.Fatal(err)
		} else {
			t.Skip(err)
		}
	}
}

// completionHome has secrets to complete, and none of their values in the answer.
func completionHome(t *testing.T) []string {
	t.Helper()
	env := newHome(t)
	for _, args := range [][]string{
		{"prod/db", "--credential", "username=app", "password=1", "--description", "billing database"},
		{"prod/db", "password=2"},
		{"prod/api", "--value", "x"},
		{"dev/old", "--value", "x"},
	} {
		if _, code := secretIn(t, env, append([]string{"set"}, args...)...); code != 0 {
			t.Fatalf("set %q exits with %d", args, code)
		}
	}
	secretIn(t, env, "label", "prod/db", "blue", "1")
	secretIn(t, env, "tag", "prod/db", "team=billing")
	secretIn(t, env, "delete", "dev/old")
	return env
}

// completionCases are command lines with an unfinished last word, and the words that completion offers.
var completionCases = []struct{ line, want string }{
	{"secret ge", "generate get"},
	{"secret get ", "prod/api prod/db"},
	{"secret get prod/d", "prod/db"},
	{"secret get prod/db ", "password username"},
	{"secret get prod/db#u", "prod/db#username"},
	{"secret get prod/db --version ", "1 2"},
	{"secret get prod/db --label ", "blue current previous"},
	{"secret get prod/db --format s", "shell"},
	{"secret rollback prod/db ", "1 2"},
	{"secret label prod/db b", "blue"},
	{"secret untag prod/db ", "team"},
	{"secret restore ", "dev/old"},
	{"secret list --kind ", "credential kv plaintext"},
	{"secret config set his", "history"},
	{"secret help exit", "exit-codes"},
	{"secret completion f", "fish"},
}

func TestCompletionInBash(t *testing.T) {
	t.Parallel()
	need(t, "bash")
	const library = "/usr/share/bash-completion/bash_completion"
	if _, err := os.Stat(library); err != nil {
		need(t, library)
	}
	env := completionHome(t)
	const script = `
source ` + library + `
source ` + completions + `secret.bash
compopt() { :; }
COMP_LINE=$1 COMP_POINT=${#1} COMP_TYPE=9
read -ra COMP_WORDS <<<"$1"
[[ $1 == *' ' ]] && COMP_WORDS+=('')
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
__start_secret secret "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD-1]}"
printf '%s\n' "${COMPREPLY[@]}"`
	for _, test := range completionCases {
		checkOffers(t, test.line, test.want, runShell(t, env, "bash", "--norc", "-c", script, "bash", test.line))
	}
}

func TestCompletionInFish(t *testing.T) {
	t.Parallel()
	need(t, "fish")
	env := completionHome(t)
	for _, test := range completionCases {
		checkOffers(t, test.line, test.want, runShell(t, env, "fish", "--no-config", "-c",
			"source "+completions+"secret.fish; complete -C $argv[1]", test.line))
	}
}

// Zsh completes only at a terminal.
func TestCompletionInZsh(t *testing.T) {
	t.Parallel()
	need(t, "zsh")
	env := completionHome(t)
	dir := t.TempDir()
	script, err := os.ReadFile(completions + "secret.zsh")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "_secret"), script, 0o600); err != nil {
		t.Fatal(err)
	}
	p := runAtTerminal(t, append(env, "TERM=dumb", "ZDOTDIR="+dir), "zsh", "-f", "-i")
	p.types("PS1='ready> '; fpath=(" + dir + " $fpath); autoload -U compinit; compinit -u -D; LISTMAX=1000; echo" +
		" loa''ded\r")
	p.waitFor(`loaded\r\n`)
	p.waitFor(`ready> `)
	p.types("secret get \t")
	p.waitFor(`secret get prod/`) // the common beginning
	p.types("\t")
	p.waitFor(`prod/api`)
	p.waitFor(`prod/db +-- billing database`)
	p.types("d\t")
	p.waitFor(`prod/db `)
	p.types("\t")
	p.waitFor(`password +username`)
}

func runShell(t *testing.T, env []string, shell string, args ...string) string {
	t.Helper()
	cmd := exec.Command(shell, args...)
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH")}, env...)
	var problems bytes.Buffer
	cmd.Stderr = &problems
	out, err := cmd.Output()
	if err != nil || problems.Len() > 0 {
		t.Errorf("%s: %v %s", shell, err, problems.String())
	}
	return string(out)
}

func checkOffers(t *testing.T, line, want, output string) {
	t.Helper()
	var offers []string
	for offer := range strings.Lines(output) {
		offer, _, _ = strings.Cut(strings.TrimSpace(offer), "\t")
		offer = regexp.MustCompile(` +\(.*\)$`).ReplaceAllString(offer, "")
		if offer != "" {
			offers = append(offers, offer)
		}
	}
	slices.Sort(offers)
	if got := strings.Join(offers, " "); got != want {
		t.Errorf("%q offers %q, want %q", line, got, want)
	}
}

// A keyring that never answers must not hang the shell of a user who presses Tab.
func TestCompletionIsQuickWhenLocked(t *testing.T) {
	t.Parallel()
	env := newHome(t)
	unlockByKeyring(t, filepath.Join(strings.TrimPrefix(env[0], "HOME="), ".local/share/secret/vault/vault.yaml"))
	socket := filepath.Join(t.TempDir(), "bus")
	listener, err := net.Listen("unix", socket) // and never accept
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	locked := append(slices.Clone(env[:len(env)-1]), "DBUS_SESSION_BUS_ADDRESS=unix:path="+socket, "DISPLAY=:0")
	began := time.Now()
	out, code := secretIn(t, locked, "__complete", "get", "")
	if out != ":4\n" || code != 0 {
		t.Errorf("prints %q and exits with %d", out, code)
	}
	if took := time.Since(began); took > 20*time.Second {
		t.Errorf("took %v", took)
	}
}

// unlockByKeyring rewrites a header as if the vault's key were in the keyring.
func unlockByKeyring(t *testing.T, path string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	body, _, _ := strings.Cut(string(text), "checksum: ")
	body = strings.Replace(body, "unlock: [key-file]", "unlock: [keyring]", 1)
	text = fmt.Appendf(nil, "%schecksum: %x\n", body, sha256.Sum256([]byte(body)))
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
}

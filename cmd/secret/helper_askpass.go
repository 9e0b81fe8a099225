package main

import (
	"errors"
	"fmt"
	"net/url"
	"path"
	"regexp"
	"strings"

	"example.org/secret/cmd/secret/internal/escape"
	"example.org/secret/cmd/secret/internal/picked"
	"example.org/secret/vault"

	"github.com/spf13/cobra"
)

// askpassVariable names the secret that answers every prompt.
const askpassVariable = "SECRET_ASKPASS"

func newAskpassCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "askpass PROMPT",
		Short: "Answer a password prompt of ssh, sudo or git",
		Long: `Answer a password prompt, as secret-askpass for SSH_ASKPASS, SUDO_ASKPASS and
GIT_ASKPASS. The answer to the passphrase of a key is the secret ssh/FILE, named as
the key's file; to USER@HOST's password ssh/USER@HOST; to sudo's sudo/USER; to git's
what is stored for git. ` + askpassVariable + ` names another secret for all of them.

What is not stored, and questions to confirm, such as whether a host is known, are
asked at the terminal. Where there is none they are refused.`,
		Example: `  secret set ssh/id_ed25519
  SSH_ASKPASS=secret-askpass SSH_ASKPASS_REQUIRE=force ssh-add ~/.ssh/id_ed25519
  SUDO_ASKPASS=/usr/bin/secret-askpass sudo -A true
  ` + askpassVariable + `=work/key SSH_ASKPASS=secret-askpass ssh build`,
		Args: argCount(1, 1),
		RunE: func(_ *cobra.Command, args []string) error { return a.runAskpass(args[0]) },
	}
}

func (a *app) runAskpass(prompt string) error {
	question, err := parsePrompt(prompt)
	if err != nil || a.getenv(promptVariable) != "" {
		return a.relay(prompt, usagef("%q is no question that a secret answers; name the secret in %s if it is for a password", prompt, askpassVariable))
	}
	p, field, err := a.answer(question)
	if errors.Is(err, errNotNamed) || errors.Is(err, vault.ErrNotFound) && a.getenv(askpassVariable) == "" {
		return a.relay(prompt, err)
	}
	if err != nil {
		return err
	}
	value := p.Bytes
	if p.IsWhole() {
		for _, name := range []string{field, "passphrase", "password"} {
			if value = p.Version.Fields[name]; value != nil {
				break
			}
		}
		if value == nil {
			return p.Lacks("password or passphrase")
		}
	}
	line, err := oneLine(string(value), "the value of "+string(p.Secret.Name))
	if err != nil {
		return err
	}
	return a.printf("%s\n", line)
}

// promptVariable is how OpenSSH says that it wants no password, but a yes (confirm) or
// nothing at all (none).
const promptVariable = "SSH_ASKPASS_PROMPT"

// relay has the person at the terminal answer, or returns refusal if there is none.
func (a *app) relay(prompt string, refusal error) error {
	t, err := a.prompt.Terminal()
	if err != nil {
		return refusal
	}
	defer t.Close()
	lines := strings.Split(strings.TrimSpace(prompt), "\n")
	last := lines[len(lines)-1]
	for _, line := range lines[:len(lines)-1] {
		fmt.Fprintln(t.Out, escape.Text(line))
	}
	var answer string
	switch kind := a.getenv(promptVariable); {
	case kind == "none":
		fmt.Fprintln(t.Out, escape.Text(last))
		return nil
	case kind == "confirm":
		yes, err := t.Confirm(last)
		if err == nil && !yes {
			return &exitError{exitFailed, ""}
		}
		if err != nil {
			return err
		}
		answer = "yes"
	case strings.Contains(last, "(yes/no") || strings.HasPrefix(last, "Username"):
		if answer, err = t.Line(last); err != nil {
			return err
		}
	default:
		typed, err := t.Hidden(strings.TrimSuffix(last, ":"))
		if err != nil {
			return err
		}
		answer = string(typed)
	}
	return a.printf("%s\n", answer)
}

// question is what a prompt asks for.
type question struct {
	name string     // of the secret; empty if only SECRET_ASKPASS can tell
	git  gitRequest // for git
	user bool       // of git: its user's name, not the password
}

// parsePrompt knows the prompts of OpenSSH, sudo and git. After a refused answer
// OpenSSH asks in other words, which are not known here: the same answer would be
// refused for ever.
func parsePrompt(prompt string) (question, error) {
	prompt = strings.TrimSpace(prompt)
	match := func(pattern string) []string {
		return regexp.MustCompile(`^(?:` + pattern + `)$`).FindStringSubmatch(prompt)
	}
	if m := match(`Enter passphrase for (?:key )?'?([^']*?)'?(?: \(will confirm each use\))?:`); m != nil {
		return question{name: "ssh/" + escapeName(path.Base(strings.ReplaceAll(m[1], `\`, "/")))}, nil
	}
	// What a server asks has the user and server in front of it, put there by ssh.
	if m := match(`([^\s'()@]+)@([^\s'()]+)'s password:|\(([^\s()@]+)@([^\s()]+)\) (?i:password):`); m != nil {
		return question{name: "ssh/" + escapeName(m[1]+m[3]) + "@" + escapeName(m[2]+m[4])}, nil
	}
	if m := match(`\[sudo\] password for ([^\s:]+):`); m != nil {
		return question{name: "sudo/" + escapeName(m[1])}, nil
	}
	if m := match(`(Username|Password) for '([^']+)':`); m != nil {
		request, err := gitRequestOf(m[2])
		return question{git: request, user: m[1] == "Username"}, err
	}
	if m := match(`(?i)[^?]*(?:password|passphrase|pin)[^?]*:`); m != nil && !strings.HasPrefix(prompt, "Bad ") {
		return question{}, nil
	}
	return question{}, errors.New("unknown")
}

func gitRequestOf(text string) (gitRequest, error) {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" {
		return nil, errors.New("unknown")
	}
	request := gitRequest{"protocol": u.Scheme, "host": u.Host, "path": strings.TrimPrefix(u.Path, "/")}
	if u.User != nil {
		request["username"] = u.User.Username()
	}
	return request, nil
}

var errNotNamed = vault.Errorf(vault.ErrInvalid, "%s", "which secret is it? Name it in "+askpassVariable)

// answer finds the secret, and the field of it that is asked for.
func (a *app) answer(q question) (p picked.Value, field string, err error) {
	field = "password"
	if q.user {
		field = "username"
	}
	if named := a.getenv(askpassVariable); named != "" {
		p, err = a.find(named)
		return p, field, err
	}
	if q.git == nil {
		if q.name == "" {
			return p, "", errNotNamed
		}
		p, err = a.find(q.name)
		return p, field, err
	}
	v, err := a.openVault()
	if err != nil {
		return p, "", err
	}
	p, found, err := q.git.find(v)
	if err == nil && (!found || q.user && p.Secret.Kind == vault.Plaintext) {
		err = vault.Errorf(vault.ErrNotFound, "there is no login for %s", q.git["host"])
	}
	return p, field, err
}

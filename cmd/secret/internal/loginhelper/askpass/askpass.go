// Package askpass answers the password prompts of OpenSSH, sudo and git.
package askpass

import (
	"errors"
	"net/url"
	"path"
	"regexp"
	"strings"

	"example.org/secret/cmd/secret/internal/loginhelper"
	"example.org/secret/cmd/secret/internal/loginhelper/git"
	"example.org/secret/cmd/secret/internal/picked"
	"example.org/secret/vault"

	"al.essio.dev/pkg/shellescape"
)

// Variable is the environment variable that names the secret for every prompt.
const Variable = "SECRET_ASKPASS"

// ErrNotNamed is the error of a prompt that does not tell its secret.
var ErrNotNamed = vault.Errorf(vault.ErrInvalid, "%s", "which secret is it? Name it in "+Variable)

var errUnknown = errors.New("unknown prompt")

// Question is a prompt that a secret answers.
type Question struct {
	name string      // of the secret; empty if only [Variable] can tell
	git  git.Request // for git
	user bool        // of git: its user's name, not the password
}

// Parse parses a prompt. It does not know the words of OpenSSH after a refused answer, because the same answer would be
// refused for ever.
func Parse(prompt string) (Question, error) {
	prompt = strings.TrimSpace(prompt)
	match := func(pattern string) []string {
		return regexp.MustCompile(`^(?:` + pattern + `)$`).FindStringSubmatch(prompt)
	}
	if m := match(`Enter passphrase for (?:key )?'?([^']*?)'?(?: \(will confirm each use\))?:`); m != nil {
		return Question{name: "ssh/" + loginhelper.Escape(path.Base(strings.ReplaceAll(m[1], `\`, "/")))}, nil
	}
	// Ssh puts the user and the server in front of a prompt that the server sends.
	if m := match(`([^\s'()@]+)@([^\s'()]+)'s password:|\(([^\s()@]+)@([^\s()]+)\) (?i:password):`); m != nil {
		return Question{name: "ssh/" + loginhelper.Escape(m[1]+m[3]) + "@" + loginhelper.Escape(m[2]+m[4])}, nil
	}
	if m := match(`\[sudo\] password for ([^\s:]+):`); m != nil {
		return Question{name: "sudo/" + loginhelper.Escape(m[1])}, nil
	}
	if m := match(`(Username|Password) for '([^']+)':`); m != nil {
		request, err := gitRequest(m[2])
		return Question{git: request, user: m[1] == "Username"}, err
	}
	if m := match(`(?i)[^?]*(?:password|passphrase|pin)[^?]*:`); m != nil && !strings.HasPrefix(prompt, "Bad ") {
		return Question{}, nil
	}
	return Question{}, errUnknown
}

func gitRequest(text string) (git.Request, error) {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" {
		return nil, errUnknown
	}
	request := git.Request{"protocol": u.Scheme, "host": u.Host, "path": strings.TrimPrefix(u.Path, "/")}
	if u.User != nil {
		request["username"] = u.User.Username()
	}
	return request, nil
}

// Line returns the line that answers the question with a value. The error is [vault.ErrNotFound] if the value lacks a
// password.
func (q Question) Line(p picked.Value) (string, error) {
	value := p.Bytes
	if p.IsWhole() {
		field := "password"
		if q.user {
			field = "username"
		}
		for _, name := range []string{field, "passphrase", "password"} {
			if value = p.Version.Fields[name]; value != nil {
				break
			}
		}
		if value == nil {
			return "", p.Lacks("password or passphrase")
		}
	}
	return loginhelper.OneLine(string(value), "the value of "+string(p.Secret.Name))
}

// Find returns the value that answers the question. The secret named in [Variable] answers every question; named is
// empty if the user sets none. The error is [ErrNotNamed] or [vault.ErrNotFound] if there is no secret for the
// question.
func (q Question) Find(open loginhelper.Opener, named string) (picked.Value, error) {
	secrets := picked.Resolver{Open: open}
	switch {
	case named != "":
		return secrets.Parse(named)
	case q.git == nil && q.name == "":
		return picked.Value{}, ErrNotNamed
	case q.git == nil:
		return secrets.Parse(q.name)
	}
	v, err := open()
	if err != nil {
		return picked.Value{}, err
	}
	p, found, err := q.git.Find(v)
	if err == nil && (!found || q.user && p.Secret.Kind == vault.Plaintext) {
		err = vault.Errorf(vault.ErrNotFound, "there is no login for %s", q.git["host"])
	}
	return p, err
}

// Install links the helper, and returns the lines that set the variables of OpenSSH and sudo.
func Install(i loginhelper.Installer) (string, error) {
	path, err := i.Link("secret-askpass")
	if err != nil {
		return "", err
	}
	path = shellescape.Quote(path)
	return "export SSH_ASKPASS=" + path + " SSH_ASKPASS_REQUIRE=force\nexport SUDO_ASKPASS=" + path + "\n", nil
}

// Uninstall removes the link.
func Uninstall(i loginhelper.Installer) error { return i.Unlink("secret-askpass") }

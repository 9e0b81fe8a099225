// Package git is a credential helper of git: see gitcredentials(7) and git-credential(1).
package git

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"

	"example.org/secret/cmd/secret/internal/loginhelper"
	"example.org/secret/cmd/secret/internal/picked"
	"example.org/secret/vault"
)

// Actions returns the actions of a helper.
func Actions() []string { return []string{"get", "store", "erase"} }

// Serve does an action for the request that it reads, and returns the answer. It ignores other actions, as the
// documentation of git wants it.
func Serve(open loginhelper.Opener, action string, in io.Reader) (answer string, err error) {
	serve := map[string]func(*vault.Vault, Request) (string, error){"get": get, "store": store, "erase": erase}[action]
	if serve == nil {
		return "", nil
	}
	request, err := ReadRequest(in)
	if err != nil {
		return "", err
	}
	if request["protocol"] == "" || request["host"]+request["path"] == "" {
		return "", vault.Errorf(vault.ErrInvalid, "git names neither a host nor a path")
	}
	if action == "store" && (request["username"] == "" || request["password"] == "") {
		return "", nil
	}
	v, err := open()
	if err != nil {
		return "", err
	}
	return serve(v, request)
}

// Request holds git's attributes by name. Of several with one name, the last counts.
type Request map[string]string

// ReadRequest reads lines of NAME=VALUE up to an empty line. It refuses a carriage return: hosts and paths come from
// URLs, which any repository can hold, and a carriage return has made other helpers answer for another host.
func ReadRequest(r io.Reader) (Request, error) {
	request := Request{}
	limited := &io.LimitedReader{R: r, N: loginhelper.MaxInput}
	lines := bufio.NewReader(limited)
	for {
		line, err := lines.ReadString('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, fmt.Errorf("cannot read the request of git: %w", err)
		}
		line = strings.TrimSuffix(line, "\n")
		name, value, ok := strings.Cut(line, "=")
		switch {
		case limited.N == 0:
			return nil, loginhelper.TooLong("git")
		case line == "":
			return request, nil
		case !ok || strings.ContainsAny(line, "\r\x00"):
			return nil, vault.Errorf(vault.ErrInvalid, "the request of git is not lines of NAME=VALUE, or holds a carriage "+
				"return or a NUL byte")
		}
		request[name] = value
	}
}

// name returns the name of the secret for a place, or for a user of the place.
func (r Request) name(user string) (vault.Name, error) {
	if user != "" {
		user = loginhelper.Escape(user) + "@"
	}
	return vault.ParseName(r.prefix() + user + r.place())
}

func (r Request) prefix() string {
	if r["protocol"] == "https" {
		return "git/"
	}
	return "git/" + loginhelper.Escape(r["protocol"]) + "+"
}

func (r Request) place() string {
	place := loginhelper.Escape(r["host"])
	if r["path"] != "" {
		place += "/" + loginhelper.EscapePath(r["path"])
	}
	return place
}

// matches reports whether a login is for the request. A user who stored it may have left out the fields that its name
// tells.
func (r Request) matches(fields map[string]vault.Bytes) bool {
	for _, name := range []string{"protocol", "host", "path"} {
		if value, ok := fields[name]; ok && string(value) != r[name] {
			return false
		}
	}
	return r["username"] == "" || string(fields["username"]) == r["username"]
}

// Find returns a login that matches the request: the user's own if there is one, else that of any user. A plaintext
// secret is a login with a password only.
func (r Request) Find(v *vault.Vault) (login picked.Value, found bool, err error) {
	names, err := r.names(v)
	if err != nil {
		return picked.Value{}, false, err
	}
	for _, name := range names {
		p, err := picked.Find(v, vault.Reference{Name: name})
		switch {
		case errors.Is(err, vault.ErrNotFound), errors.Is(err, vault.ErrDeleted):
			continue
		case err != nil:
			return picked.Value{}, false, err
		case p.Secret.Kind == vault.Plaintext:
			p.Version.Fields = map[string]vault.Bytes{"password": token(p.Bytes)}
			return p, true, nil
		case r.matches(p.Version.Fields):
			return p, true, nil
		}
	}
	return picked.Value{}, false, nil
}

// names returns the names that the login may have.
func (r Request) names(v *vault.Vault) ([]vault.Name, error) {
	own, err := r.name("")
	if err != nil {
		return nil, err
	}
	if r["username"] != "" {
		theirs, err := r.name(r["username"])
		return []vault.Name{theirs, own}, err
	}
	names := []vault.Name{own}
	if _, err := v.GetMeta(own); !errors.Is(err, vault.ErrNotFound) {
		return names, nil
	}
	listing, err := v.List()
	if err != nil {
		return nil, err
	}
	for _, s := range listing.Secrets {
		login, ok := strings.CutPrefix(string(s.Name), r.prefix())
		user, place, hasUser := strings.Cut(login, "@")
		if ok && hasUser && place == r.place() && !strings.Contains(user, "+") { // which follows a protocol
			names = append(names, s.Name)
		}
	}
	return names, nil
}

// token returns a token without the newline at the end of its file.
func token(value vault.Bytes) vault.Bytes {
	return vault.Bytes(strings.TrimSuffix(string(value), "\n"))
}

func get(v *vault.Vault, request Request) (string, error) {
	p, found, err := request.Find(v)
	if err != nil || !found {
		return "", err
	}
	var b strings.Builder
	for _, name := range []string{"username", "password", "password_expiry_utc", "oauth_refresh_token"} {
		value, err := loginhelper.OneLine(string(p.Version.Fields[name]), "the "+name+" of "+string(p.Secret.Name))
		if err != nil {
			return "", err
		}
		if value != "" {
			b.WriteString(name + "=" + value + "\n")
		}
	}
	return b.String(), nil
}

func store(v *vault.Vault, request Request) (string, error) {
	name, err := request.name("")
	if err != nil {
		return "", err
	}
	// The first user of a place has its name. The names of other users hold the user.
	held, err := v.Get(name)
	if err == nil {
		current, err := held.Find(vault.Selector{})
		if err != nil {
			return "", err
		}
		if held.Kind == vault.Plaintext && string(token(current.Plain)) == request["password"] {
			return "", nil
		}
		if held.Kind != vault.Credential || !request.matches(current.Fields) {
			if name, err = request.name(request["username"]); err != nil {
				return "", err
			}
		}
	} else if !errors.Is(err, vault.ErrNotFound) {
		return "", err
	}
	fields := map[string]vault.Bytes{}
	for _, field := range []string{
		"protocol", "host", "path", "username", "password", "password_expiry_utc", "oauth_refresh_token",
	} {
		if request[field] != "" {
			fields[field] = vault.Bytes(request[field])
		}
	}
	return "", loginhelper.Save(v, name, fields)
}

// erase deletes the login that git found refused, unless it has another password by now.
func erase(v *vault.Vault, request Request) (string, error) {
	p, found, err := request.Find(v)
	if err != nil || !found {
		return "", err
	}
	if refused, ok := request["password"]; ok && refused != string(p.Version.Fields["password"]) {
		return "", nil
	}
	return "", loginhelper.Drop(v, p.Secret.Name)
}

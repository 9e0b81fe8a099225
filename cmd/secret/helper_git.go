package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"example.org/secret/cmd/secret/internal/picked"
	"example.org/secret/vault"

	"github.com/spf13/cobra"
)

// maxHelperInput bounds what a program can ask. Git's lines have less than 64 KiB.
const maxHelperInput = 1 << 20

func newGitHelperCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "git get | store | erase",
		Short: "Be a credential helper of git",
		Long: `Be a credential helper of git, as git-credential-secret: answer the request on
standard input. Logins are credentials named git/HOST, a second user's of a host
git/USER@HOST; with credential.useHttpPath the path is behind the host. A host of
another protocol than https has that before it, as git/http+HOST. A plaintext secret
of such a name is a token, for any user.

What git erases, because it was refused, is deleted with a recovery window.`,
		Example: `  git config --global credential.helper secret
  git config --global credential.helper '!secret helper git'
  secret set git/github.com --username me       store a token beforehand`,
		Args:              argCount(1, 1),
		ValidArgsFunction: cobra.FixedCompletions([]string{"get", "store", "erase"}, noFiles),
		RunE:              func(_ *cobra.Command, args []string) error { return a.runGitHelper(args[0]) },
	}
}

func (a *app) runGitHelper(action string) error {
	if !slices.Contains([]string{"get", "store", "erase"}, action) {
		return nil // of a later git; its documentation wants that ignored
	}
	request, err := readGitRequest(a.stdin)
	if err != nil {
		return err
	}
	if request["protocol"] == "" || request["host"]+request["path"] == "" {
		return usagef("git names neither a host nor a path")
	}
	switch action {
	case "store":
		return a.gitStore(request)
	case "erase":
		return a.gitErase(request)
	}
	return a.gitGet(request)
}

// gitRequest holds git's attributes by name, of which the last counts.
type gitRequest map[string]string

// readGitRequest reads lines of NAME=VALUE up to an empty one. Hosts and paths
// come from URLs that anybody can write into a repository; a carriage return in
// them has fooled other helpers into answering for another host.
func readGitRequest(r io.Reader) (gitRequest, error) {
	request := gitRequest{}
	limited := &io.LimitedReader{R: r, N: maxHelperInput}
	lines := bufio.NewReader(limited)
	for {
		line, err := lines.ReadString('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, fmt.Errorf("reading git's request: %w", err)
		}
		line = strings.TrimSuffix(line, "\n")
		name, value, ok := strings.Cut(line, "=")
		switch {
		case limited.N == 0:
			return nil, usagef("git's request is longer than %d bytes", maxHelperInput)
		case line == "":
			return request, nil
		case !ok || strings.ContainsAny(line, "\r\x00"):
			return nil, usagef("git's request is not lines of NAME=VALUE, or has a carriage return or NUL byte in them")
		}
		request[name] = value
	}
}

// name is where a login is stored, by its place alone or by its user as well.
func (r gitRequest) name(user string) (vault.Name, error) {
	if user != "" {
		user = escapeName(user) + "@"
	}
	return vault.ParseName(r.prefix() + user + r.place())
}

func (r gitRequest) prefix() string {
	if r["protocol"] == "https" {
		return "git/"
	}
	return "git/" + escapeName(r["protocol"]) + "+"
}

func (r gitRequest) place() string {
	place := escapeName(r["host"])
	if r["path"] != "" {
		place += "/" + escapePath(r["path"])
	}
	return place
}

// matches reports whether a login is for the place that is asked for. A person
// who stored it may have left out what its name tells.
func (r gitRequest) matches(fields map[string]vault.Bytes) bool {
	for _, name := range []string{"protocol", "host", "path"} {
		if value, ok := fields[name]; ok && string(value) != r[name] {
			return false
		}
	}
	return r["username"] == "" || string(fields["username"]) == r["username"]
}

// find looks for a login that matches the request: under the user's own name first,
// at last under that of any user.
func (r gitRequest) find(v *vault.Vault) (picked.Value, bool, error) {
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
			p.Version.Fields = map[string]vault.Bytes{"password": vault.Bytes(lineOf(p.Bytes))}
			return p, true, nil
		case r.matches(p.Version.Fields):
			return p, true, nil
		}
	}
	return picked.Value{}, false, nil
}

// names are those that the login may have.
func (r gitRequest) names(v *vault.Vault) ([]vault.Name, error) {
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

// lineOf is a token that may have come from a file.
func lineOf(value vault.Bytes) string { return strings.TrimSuffix(string(value), "\n") }

func (a *app) gitGet(request gitRequest) error {
	v, err := a.openVault()
	if err != nil {
		return err
	}
	p, found, err := request.find(v)
	if err != nil || !found {
		return err
	}
	var b strings.Builder
	for _, name := range []string{"username", "password", "password_expiry_utc", "oauth_refresh_token"} {
		value, err := oneLine(string(p.Version.Fields[name]), "the "+name+" of "+string(p.Secret.Name))
		if err != nil {
			return err
		}
		if value != "" {
			b.WriteString(name + "=" + value + "\n")
		}
	}
	return a.write([]byte(b.String()))
}

func (a *app) gitStore(request gitRequest) error {
	if request["username"] == "" || request["password"] == "" {
		return nil
	}
	v, err := a.openVault()
	if err != nil {
		return err
	}
	name, err := request.name("")
	if err != nil {
		return err
	}
	// The first user of a place has it; others stand beside.
	held, err := v.Get(name)
	if err == nil {
		current, err := held.Find(vault.Selector{})
		if err != nil {
			return err
		}
		if held.Kind == vault.Plaintext && lineOf(current.Plain) == request["password"] {
			return nil
		}
		if held.Kind != vault.Credential || !request.matches(current.Fields) {
			if name, err = request.name(request["username"]); err != nil {
				return err
			}
		}
	} else if !errors.Is(err, vault.ErrNotFound) {
		return err
	}
	fields := map[string]vault.Bytes{}
	for _, field := range []string{"protocol", "host", "path", "username", "password", "password_expiry_utc", "oauth_refresh_token"} {
		if request[field] != "" {
			fields[field] = vault.Bytes(request[field])
		}
	}
	return saveLogin(v, name, fields)
}

// gitErase deletes the login that git found refused, if it is still that one.
func (a *app) gitErase(request gitRequest) error {
	v, err := a.openVault()
	if err != nil {
		return err
	}
	p, found, err := request.find(v)
	if err != nil || !found {
		return err
	}
	if refused, ok := request["password"]; ok && refused != string(p.Version.Fields["password"]) {
		return nil
	}
	return dropLogin(v, p.Secret.Name)
}

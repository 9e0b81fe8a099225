// Package docker is a credential helper of docker.
package docker

import (
	"encoding/json"
	"errors"
	"io"
	"strings"
	"unicode"

	"example.org/secret/cmd/secret/internal/loginhelper"
	"example.org/secret/cmd/secret/internal/picked"
	"example.org/secret/vault"
)

// Docker knows these errors by their text.
var (
	errNotFound = errors.New("credentials not found in native keychain")
	errNoServer = errors.New("no credentials server URL")
	errNoUser   = errors.New("no credentials username")
)

// Actions returns the actions of a helper.
func Actions() []string { return []string{"get", "store", "erase", "list", "version"} }

// Login is a login in docker's own form.
type Login struct {
	ServerURL string
	Username  string
	Secret    string
}

// Helper answers the requests of docker.
type Helper struct {
	Open    loginhelper.Opener
	List    func(*vault.Vault) (vault.Listing, error)
	Version string // of this program
}

// Serve does an action for the request that it reads. The answer is a string, a value to print as JSON, or nil.
func (h Helper) Serve(action string, in io.Reader) (answer any, err error) {
	switch action {
	case "version":
		return "docker-credential-secret " + h.Version, nil
	case "list":
		return h.list()
	case "get", "store", "erase":
	default:
		return nil, vault.Errorf(vault.ErrInvalid, "unknown credential action %q", action)
	}
	input, err := loginhelper.ReadRequest(in, "docker")
	if err != nil {
		return nil, err
	}
	if action == "store" {
		return nil, h.store(input)
	}
	server := strings.TrimSpace(string(input))
	name, err := nameOf(server)
	if err != nil {
		return nil, err
	}
	v, err := h.Open()
	if err != nil {
		return nil, err
	}
	if action == "get" {
		return get(v, server, name)
	}
	err = loginhelper.Drop(v, name)
	if errors.Is(err, vault.ErrNotFound) {
		return nil, errNotFound
	}
	return nil, err
}

// nameOf returns the name of the secret for a registry. Docker writes some registries with https:// before them, and
// Docker Hub with a path.
func nameOf(server string) (vault.Name, error) {
	if server == "" {
		return "", errNoServer
	}
	if strings.ContainsFunc(server, unicode.IsControl) {
		return "", vault.Errorf(vault.ErrInvalid, "the server URL holds a control character")
	}
	place := strings.TrimSuffix(strings.TrimPrefix(server, "https://"), "/")
	return vault.ParseName("docker/" + loginhelper.EscapePath(place))
}

func (h Helper) store(input []byte) error {
	var login Login
	if json.Unmarshal(input, &login) != nil { // the error of json could quote the input
		return vault.Errorf(vault.ErrInvalid, "the request of docker is not a login in JSON")
	}
	name, err := nameOf(login.ServerURL)
	if err != nil {
		return err
	}
	if login.Username == "" {
		return errNoUser
	}
	v, err := h.Open()
	if err != nil {
		return err
	}
	return loginhelper.Save(v, name, map[string]vault.Bytes{
		"server":   vault.Bytes(login.ServerURL),
		"username": vault.Bytes(login.Username),
		"password": vault.Bytes(login.Secret),
	})
}

func get(v *vault.Vault, server string, name vault.Name) (any, error) {
	p, err := picked.Find(v, vault.Reference{Name: name})
	if errors.Is(err, vault.ErrNotFound) || errors.Is(err, vault.ErrDeleted) {
		return nil, errNotFound
	}
	if err != nil {
		return nil, err
	}
	fields := p.Version.Fields
	return Login{server, string(fields["username"]), string(fields["password"])}, nil
}

// list returns the users by their servers.
func (h Helper) list() (any, error) {
	v, err := h.Open()
	if err != nil {
		return nil, err
	}
	listing, err := h.List(v)
	if err != nil {
		return nil, err
	}
	logins := map[string]string{}
	for _, s := range listing.Secrets {
		server, ours := strings.CutPrefix(string(s.Name), "docker/")
		if !ours || s.Deleted || s.Meta().Kind != vault.Credential {
			continue
		}
		p, err := picked.Find(v, vault.Reference{Name: s.Name})
		if err != nil {
			return nil, err
		}
		if stored := p.Version.Fields["server"]; len(stored) > 0 {
			server = string(stored)
		}
		logins[server] = string(p.Version.Fields["username"])
	}
	return logins, nil
}

package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode"

	"example.org/secret/cmd/secret/internal/picked"
	"example.org/secret/vault"

	"github.com/spf13/cobra"
)

// Errors that docker knows by their text.
var (
	errDockerNotFound = errors.New("credentials not found in native keychain")
	errDockerNoServer = errors.New("no credentials server URL")
	errDockerNoUser   = errors.New("no credentials username")
)

// dockerLogin is docker's own form.
type dockerLogin struct {
	ServerURL string
	Username  string
	Secret    string
}

func newDockerHelperCommand(a *app) *cobra.Command {
	actions := []string{"get", "store", "erase", "list", "version"}
	return &cobra.Command{
		Use:   "docker " + strings.Join(actions, " | "),
		Short: "Be a credential helper of docker",
		Long: `Be a credential helper of docker, as docker-credential-secret: answer the request
on standard input. Logins are credentials named docker/REGISTRY. As docker wants
it, errors are on standard output.`,
		Example:           "  secret helper install docker\n  echo ghcr.io | secret helper docker get",
		Args:              argCount(1, 1),
		ValidArgsFunction: cobra.FixedCompletions(actions, noFiles),
		RunE: func(_ *cobra.Command, args []string) error {
			if err := a.runDockerHelper(args[0]); err != nil {
				if err := a.printf("%s\n", a.errorText(err)); err != nil {
					return err
				}
				return &exitError{exitFailed, ""}
			}
			return nil
		},
	}
}

func (a *app) runDockerHelper(action string) error {
	switch action {
	case "version":
		return a.printf("docker-credential-secret %s\n", versionText())
	case "list":
		return a.dockerList()
	case "get", "store", "erase":
	default:
		return usagef("unknown credential action %q", action)
	}
	input, err := io.ReadAll(io.LimitReader(a.stdin, maxHelperInput+1))
	if err != nil {
		return fmt.Errorf("reading docker's request: %w", err)
	}
	if len(input) > maxHelperInput {
		return usagef("docker's request is longer than %d bytes", maxHelperInput)
	}
	if action == "store" {
		return a.dockerStore(input)
	}
	server := strings.TrimSpace(string(input))
	name, err := dockerName(server)
	if err != nil {
		return err
	}
	v, err := a.openVault()
	if err != nil {
		return err
	}
	if action == "get" {
		return a.dockerGet(v, server, name)
	}
	err = dropLogin(v, name)
	if errors.Is(err, vault.ErrNotFound) {
		return errDockerNotFound
	}
	return err
}

// dockerName is where the login for a registry is stored. Docker writes some
// with https:// before them, and Docker Hub with a path.
func dockerName(server string) (vault.Name, error) {
	if server == "" {
		return "", errDockerNoServer
	}
	if strings.ContainsFunc(server, unicode.IsControl) {
		return "", usagef("the server URL holds a control character")
	}
	return vault.ParseName("docker/" + escapePath(strings.TrimSuffix(strings.TrimPrefix(server, "https://"), "/")))
}

func (a *app) dockerStore(input []byte) error {
	var login dockerLogin
	if err := json.Unmarshal(input, &login); err != nil {
		return usagef("docker's request is not the JSON that it should be") // the error could quote it
	}
	name, err := dockerName(login.ServerURL)
	if err != nil {
		return err
	}
	if login.Username == "" {
		return errDockerNoUser
	}
	v, err := a.openVault()
	if err != nil {
		return err
	}
	return saveLogin(v, name, map[string]vault.Bytes{
		"server": vault.Bytes(login.ServerURL), "username": vault.Bytes(login.Username), "password": vault.Bytes(login.Secret),
	})
}

func (a *app) dockerGet(v *vault.Vault, server string, name vault.Name) error {
	p, err := picked.Find(v, vault.Reference{Name: name})
	if errors.Is(err, vault.ErrNotFound) || errors.Is(err, vault.ErrDeleted) {
		return errDockerNotFound
	}
	if err != nil {
		return err
	}
	fields := p.Version.Fields
	return a.printJSON(dockerLogin{server, string(fields["username"]), string(fields["password"])})
}

func (a *app) dockerList() error {
	v, err := a.openVault()
	if err != nil {
		return err
	}
	listing, err := a.list(v)
	if err != nil {
		return err
	}
	logins := map[string]string{}
	for _, s := range listing.Secrets {
		server, ours := strings.CutPrefix(string(s.Name), "docker/")
		if !ours || s.Deleted || s.Meta().Kind != vault.Credential {
			continue
		}
		p, err := picked.Find(v, vault.Reference{Name: s.Name})
		if err != nil {
			return err
		}
		if stored := p.Version.Fields["server"]; len(stored) > 0 {
			server = string(stored)
		}
		logins[server] = string(p.Version.Fields["username"])
	}
	return a.printJSON(logins)
}

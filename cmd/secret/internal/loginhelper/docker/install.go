package docker

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"example.org/secret/cmd/secret/internal/loginhelper"
	"example.org/secret/vault"
	"example.org/secret/vault/durable"
)

const program = "docker-credential-secret"

// config is docker's config.json, with the two members that name helpers.
type config struct {
	path    string
	members map[string]json.RawMessage
	store   string
	helpers map[string]string
}

func readConfig(getenv func(string) string) (*config, error) {
	dir := getenv("DOCKER_CONFIG")
	if dir == "" {
		home := getenv("HOME")
		if home == "" {
			return nil, vault.Errorf(vault.ErrInvalid,
				"cannot find docker's configuration: neither DOCKER_CONFIG nor HOME is set")
		}
		dir = filepath.Join(home, ".docker")
	}
	c := &config{
		path: filepath.Join(dir, "config.json"), members: map[string]json.RawMessage{}, helpers: map[string]string{},
	}
	// A symbolic link stays one, because users keep their dotfiles in other directories.
	if target, err := filepath.EvalSymlinks(c.path); err == nil {
		c.path = target
	}
	text, err := os.ReadFile(c.path)
	if errors.Is(err, fs.ErrNotExist) {
		return c, nil
	}
	if err != nil {
		return nil, fmt.Errorf("cannot read docker's configuration: %w", err)
	}
	if len(bytes.TrimSpace(text)) == 0 {
		return c, nil
	}
	known := struct {
		Store   *string            `json:"credsStore"`
		Helpers *map[string]string `json:"credHelpers"`
	}{&c.store, &c.helpers}
	if json.Unmarshal(text, &c.members) != nil || json.Unmarshal(text, &known) != nil {
		return nil, fmt.Errorf("docker's configuration %s is not a JSON object with strings for helpers; nothing was changed",
			c.path)
	}
	return c, nil
}

func (c *config) write() error {
	set := func(member string, value any, empty bool) {
		delete(c.members, member)
		if text, err := json.Marshal(value); err == nil && !empty {
			c.members[member] = text
		}
	}
	set("credsStore", c.store, c.store == "")
	set("credHelpers", c.helpers, len(c.helpers) == 0)
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "\t")
	if err := encoder.Encode(c.members); err != nil {
		return err
	}
	if err := durable.Replace(c.path, b.Bytes()); err != nil {
		return fmt.Errorf("cannot write docker's configuration: %w", err)
	}
	return nil
}

// Install names the helper in docker's configuration: for all registries, or for one. The error is [vault.ErrExists] if
// it names another helper.
func Install(i loginhelper.Installer, registry string) error {
	c, err := readConfig(i.Getenv)
	if err != nil {
		return err
	}
	held := c.store
	if registry != "" {
		held = c.helpers[registry]
	}
	if held != "" && held != "secret" {
		return vault.Errorf(vault.ErrExists, "docker keeps these passwords with %q already (in %s); take that out first, "+
			"or give --registry for one registry", held, c.path)
	}
	path, err := i.Link(program)
	if err != nil {
		return err
	}
	if dir := filepath.Dir(path); !i.InPath(dir) {
		i.Warn("docker looks for its helper in PATH, which lacks %s; add it to PATH, or choose another --dir", dir)
	}
	if held == "secret" {
		i.Say("Docker's configuration %s names the helper already.\n", c.path)
		return nil
	}
	if registry != "" {
		c.helpers[registry] = "secret"
	} else {
		c.store = "secret"
	}
	if err := c.write(); err != nil {
		return err
	}
	i.Say("Named the helper in docker's configuration %s. To take it back: secret helper uninstall docker\n", c.path)
	return nil
}

// Uninstall removes the helper from docker's configuration, and no other.
func Uninstall(i loginhelper.Installer) error {
	c, err := readConfig(i.Getenv)
	if err != nil {
		return err
	}
	changed := c.store == "secret"
	if changed {
		c.store = ""
	}
	for registry, helper := range c.helpers {
		if helper == "secret" {
			delete(c.helpers, registry)
			changed = true
		}
	}
	if changed {
		if err := c.write(); err != nil {
			return err
		}
		i.Say("Took the helper out of docker's configuration %s.\n", c.path)
	}
	return i.Unlink(program)
}

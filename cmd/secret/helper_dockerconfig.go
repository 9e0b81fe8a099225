package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"example.org/secret/vault"
	"example.org/secret/vault/durable"
)

// dockerConfig is docker's config.json, of which we know two members.
type dockerConfig struct {
	path    string
	members map[string]json.RawMessage
	store   string
	helpers map[string]string
}

func (a *app) readDockerConfig() (*dockerConfig, error) {
	dir := a.getenv("DOCKER_CONFIG")
	if dir == "" {
		home := a.getenv("HOME")
		if home == "" {
			return nil, usagef("where is docker's configuration? Neither DOCKER_CONFIG nor HOME is set")
		}
		dir = filepath.Join(home, ".docker")
	}
	c := &dockerConfig{path: filepath.Join(dir, "config.json"), members: map[string]json.RawMessage{}, helpers: map[string]string{}}
	// A link, as people have for their dotfiles, stays one.
	if target, err := filepath.EvalSymlinks(c.path); err == nil {
		c.path = target
	}
	text, err := os.ReadFile(c.path)
	if errors.Is(err, fs.ErrNotExist) {
		return c, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading docker's configuration: %w", err)
	}
	if len(bytes.TrimSpace(text)) == 0 {
		return c, nil
	}
	known := struct {
		Store   *string            `json:"credsStore"`
		Helpers *map[string]string `json:"credHelpers"`
	}{&c.store, &c.helpers}
	if json.Unmarshal(text, &c.members) != nil || json.Unmarshal(text, &known) != nil {
		return nil, fmt.Errorf("docker's configuration %s is not the JSON that it should be; nothing was changed", c.path)
	}
	return c, nil
}

func (c *dockerConfig) write() error {
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
		return fmt.Errorf("writing docker's configuration: %w", err)
	}
	return nil
}

func (a *app) installDocker(o helperOptions, program string) error {
	c, err := a.readDockerConfig()
	if err != nil {
		return err
	}
	held := c.store
	if o.registry != "" {
		held = c.helpers[o.registry]
	}
	if held != "" && held != "secret" {
		return vault.Errorf(vault.ErrExists, "docker keeps these passwords with %q already (in %s); take that out first, or give --registry for one registry", held, c.path)
	}
	path, err := a.link(o, "docker-credential-secret", program)
	if err != nil {
		return err
	}
	if dir := filepath.Dir(path); !a.inPath(dir) {
		a.warnf("docker looks for it in PATH, where %s is not; add that, or choose another place with --dir", dir)
	}
	if held == "secret" {
		a.sayf("Docker's configuration %s names it already.\n", c.path)
		return nil
	}
	if o.registry != "" {
		c.helpers[o.registry] = "secret"
	} else {
		c.store = "secret"
	}
	if err := c.write(); err != nil {
		return err
	}
	a.sayf("Named it in docker's configuration %s. To take it back: secret helper uninstall docker\n", c.path)
	return nil
}

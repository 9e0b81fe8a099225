package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"example.org/secret/vault"
	"example.org/secret/vault/durable"
	"example.org/secret/vault/password"

	"gopkg.in/yaml.v3"
)

// settings are the user's defaults: from the environment, else from the
// configuration file.
type settings struct {
	vault    string
	keyFile  string
	history  int
	password password.Rules
	// onRotation is the command that runs after a rotation, for the shell.
	onRotation string
}

// setting is one of them: how it is called and where its value goes.
type setting struct {
	name  string // in the configuration file
	env   string
	about string
	apply func(*settings, string) error
	value func(*settings) string
}

func allSettings() []setting {
	rules := func(name, about string, field func(*password.Rules) *bool) setting {
		return setting{
			"password-" + name, "SECRET_PASSWORD_" + vault.VariableName(name), about,
			func(s *settings, v string) (err error) {
				*field(&s.password), err = strconv.ParseBool(v)
				return mistyped(err, "true or false")
			},
			func(s *settings) string { return strconv.FormatBool(*field(&s.password)) },
		}
	}
	return []setting{
		{
			"vault", "SECRET_VAULT", "the vault's directory",
			func(s *settings, v string) error { return parsePath(&s.vault, v) },
			func(s *settings) string { return s.vault },
		},
		{
			"key-file", "SECRET_KEY_FILE", "a file with the master key, or an SSH key or age identity",
			func(s *settings, v string) error { return parsePath(&s.keyFile, v) },
			func(s *settings) string { return s.keyFile },
		},
		{
			"history", "SECRET_HISTORY", "how many versions without a label to keep",
			func(s *settings, v string) error { return parseCount(&s.history, v, math.MaxInt) },
			func(s *settings) string { return strconv.Itoa(s.history) },
		},
		{
			"on-rotation", "SECRET_ON_ROTATION", "a command to run after a rotation or its failure",
			func(s *settings, v string) error { s.onRotation = v; return nil },
			func(s *settings) string { return s.onRotation },
		},
		{
			"password-length", "SECRET_PASSWORD_LENGTH", "the length of generated passwords",
			func(s *settings, v string) error { return parseCount(&s.password.Length, v, password.MaxLength) },
			func(s *settings) string { return strconv.Itoa(s.password.Length) },
		},
		{
			"password-exclude-characters", "SECRET_PASSWORD_EXCLUDE_CHARACTERS", "characters that generated passwords do not have",
			func(s *settings, v string) error { s.password.ExcludeCharacters = v; return nil },
			func(s *settings) string { return s.password.ExcludeCharacters },
		},
		rules("exclude-lowercase", "no lower-case letters in generated passwords", func(r *password.Rules) *bool { return &r.ExcludeLowercase }),
		rules("exclude-uppercase", "no upper-case letters in generated passwords", func(r *password.Rules) *bool { return &r.ExcludeUppercase }),
		rules("exclude-numbers", "no digits in generated passwords", func(r *password.Rules) *bool { return &r.ExcludeNumbers }),
		rules("exclude-punctuation", "no punctuation in generated passwords", func(r *password.Rules) *bool { return &r.ExcludePunctuation }),
		rules("include-space", "spaces in generated passwords", func(r *password.Rules) *bool { return &r.IncludeSpace }),
		rules("allow-missing-types", "a type of character may be missing in generated passwords", func(r *password.Rules) *bool { return &r.AllowMissingTypes }),
	}
}

func settingNames() []string {
	var names []string
	for _, s := range allSettings() {
		names = append(names, s.name)
	}
	return names
}

func parsePath(path *string, text string) error {
	if text == "" {
		return errors.New("has to be a path")
	}
	*path = text
	return nil
}

// isPath tells the settings that are paths.
func (s setting) isPath() bool { return s.name == "vault" || s.name == "key-file" }

// pathInFile is the path that an entry of the configuration file means, wherever
// the program is started. There is no shell to expand a ~.
func (a *app) pathInFile(text string) (string, error) {
	text = a.expandHome(text)
	if !filepath.IsAbs(text) {
		return "", errors.New("has to be an absolute path, or one that begins with ~/")
	}
	return text, nil
}

func parseCount(n *int, text string, most int) error {
	parsed, err := strconv.Atoi(text)
	if err == nil && (parsed < 1 || parsed > most) {
		err = strconv.ErrRange
	}
	*n = parsed
	want := "a number from 1"
	if most < math.MaxInt {
		want += fmt.Sprintf(" to %d", most)
	}
	return mistyped(err, want)
}

func mistyped(err error, want string) error {
	if err == nil {
		return nil
	}
	return errors.New("has to be " + want)
}

// loadSettings reads the configuration file and the environment, once.
func (a *app) loadSettings() (*settings, error) {
	if a.settings != nil {
		return a.settings, nil
	}
	s := a.defaultSettings()
	var entries map[string]*yaml.Node
	// A process without a home has the environment and flags.
	path, err := a.configPath()
	if err == nil {
		if entries, err = readConfig(path); err != nil {
			return nil, err
		}
	}
	for _, known := range allSettings() {
		if entry, ok := entries[known.name]; ok {
			value := entry.Value
			if known.isPath() {
				value, err = a.pathInFile(value)
			}
			if err == nil {
				err = known.apply(s, value)
			}
			if err != nil {
				return nil, usagef("%s:%d: %s %v", path, entry.Line, known.name, err)
			}
		}
		if value := a.getenv(known.env); value != "" {
			if err := known.apply(s, value); err != nil {
				return nil, usagef("%s %v", known.env, err)
			}
		}
	}
	a.settings = s
	return s, nil
}

func (a *app) defaultSettings() *settings {
	s := &settings{
		history:  vault.DefaultHistory,
		password: password.Rules{Length: password.DefaultLength},
	}
	if dir, err := a.userDir("XDG_DATA_HOME", filepath.Join(".local", "share"), "LocalAppData"); err == nil {
		s.vault = filepath.Join(dir, "secret", "vault")
	}
	return s
}

// readConfig returns the entries of a configuration file by name. A file that is
// not there has none.
func readConfig(path string) (map[string]*yaml.Node, error) {
	document, err := readConfigDocument(path)
	if err != nil || document == nil {
		return nil, err
	}
	root := document.Content[0]
	if root.Kind != yaml.MappingNode {
		return nil, usagef("%s:%d: a line has the form NAME: VALUE", path, root.Line)
	}
	known := settingNames()
	entries := map[string]*yaml.Node{}
	for i := 0; i+1 < len(root.Content); i += 2 {
		name, value := root.Content[i], root.Content[i+1]
		switch {
		case !slices.Contains(known, name.Value):
			return nil, usagef("%s:%d: there is no setting %q; correct the file; there are %s", path, name.Line, name.Value, strings.Join(known, ", "))
		case entries[name.Value] != nil:
			return nil, usagef("%s:%d: %s is set twice", path, name.Line, name.Value)
		case value.Kind != yaml.ScalarNode:
			return nil, usagef("%s:%d: %s takes one value", path, value.Line, name.Value)
		}
		entries[name.Value] = value
	}
	return entries, nil
}

// maxConfigSize is the largest configuration file, in bytes.
const maxConfigSize = 1 << 20

// readConfigText reads a regular file, to which a symbolic link may lead: people keep
// their dotfiles elsewhere.
func readConfigText(path string) ([]byte, error) {
	target, err := filepath.EvalSymlinks(path)
	if err != nil {
		return nil, err
	}
	return durable.Read(target, maxConfigSize)
}

func readConfigDocument(path string) (*yaml.Node, error) {
	text, err := readConfigText(path)
	if errors.Is(err, fs.ErrNotExist) || (err == nil && len(bytes.TrimSpace(text)) == 0) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading the configuration: %w", err)
	}
	var document, more yaml.Node
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	if err := decoder.Decode(&document); err != nil && !errors.Is(err, io.EOF) {
		return nil, usagef("%s:%d: this is not YAML; look at the quotes and the indentation", path, max(yamlLine(err), 1))
	}
	if err := decoder.Decode(&more); !errors.Is(err, io.EOF) {
		return nil, usagef("%s:%d: settings go before a line --- or ...", path, max(more.Line, 1))
	}
	if len(document.Content) == 0 {
		return nil, nil
	}
	return &document, nil
}

func (a *app) configPath() (string, error) {
	dir, err := a.userDir("XDG_CONFIG_HOME", ".config", "AppData")
	return filepath.Join(dir, "secret", "config.yaml"), err
}

// expandHome does what a shell would have done, for a path that no shell saw.
// Without it a directory named ~ appears.
func (a *app) expandHome(path string) string {
	if rest, ok := strings.CutPrefix(path, "~/"); ok && a.getenv("HOME") != "" {
		return filepath.Join(a.getenv("HOME"), rest)
	}
	return path
}

// userDir returns a base directory of the user: by the XDG specification on Unix,
// the system's own on macOS and Windows.
func (a *app) userDir(xdg, underHome, windows string) (string, error) {
	if dir := a.getenv(xdg); filepath.IsAbs(dir) {
		return dir, nil
	}
	if dir := a.getenv(windows); runtime.GOOS == "windows" && dir != "" {
		return dir, nil
	}
	home := a.getenv("HOME")
	if home == "" {
		return "", usagef("HOME is not set")
	}
	if runtime.GOOS == "darwin" {
		return filepath.Join(home, "Library", "Application Support"), nil
	}
	return filepath.Join(home, underHome), nil
}

func findSetting(name string) (setting, error) {
	for _, s := range allSettings() {
		if s.name == name {
			return s, nil
		}
	}
	return setting{}, usagef("there is no setting %q; there are %s", name, strings.Join(settingNames(), ", "))
}

// changeConfig rewrites the configuration file, with its comments.
func (a *app) changeConfig(change func(root *yaml.Node)) error {
	path, err := a.configPath()
	if err != nil {
		return err
	}
	if _, err := readConfig(path); err != nil {
		return err
	}
	document, err := readConfigDocument(path)
	if err != nil {
		return err
	}
	var comments []byte
	if document == nil {
		document = &yaml.Node{Kind: yaml.DocumentNode, Content: []*yaml.Node{{Kind: yaml.MappingNode}}}
		if comments, err = os.ReadFile(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("reading the configuration: %w", err)
		}
	}
	root := document.Content[0]
	root.Style &^= yaml.FlowStyle
	change(root)
	var text []byte
	if len(root.Content) > 0 {
		if text, err = encodeYAML(document); err != nil {
			return err
		}
	}
	if len(comments) > 0 && !bytes.HasSuffix(comments, []byte("\n")) {
		comments = append(comments, '\n')
	}
	return replaceConfig(path, append(comments, text...))
}

// replaceConfig writes through a symbolic link: people keep their dotfiles
// elsewhere.
func replaceConfig(path string, text []byte) error {
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target
	}
	if err := durable.Replace(path, text); err != nil {
		return fmt.Errorf("writing the configuration: %w", err)
	}
	return nil
}

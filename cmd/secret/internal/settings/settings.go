package settings

import (
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"strconv"
	"strings"

	"example.org/secret/vault"
	"example.org/secret/vault/password"
)

// Settings are the user's defaults.
type Settings struct {
	Vault      string // the directory; empty if HOME is not set
	KeyFile    string
	History    int // versions without a label
	Password   password.Rules
	OnRotation string // a command for the shell
	AWSAccount string // 12 digits, or empty
}

// Setting is one of the defaults.
type Setting struct {
	Name  string // in the configuration file
	Env   string // the environment variable
	About string
	path  bool
	apply func(*Settings, string) error
	value func(*Settings) string
}

// Value returns the text of the setting.
func (s Setting) Value(all *Settings) string { return s.value(all) }

// All returns the settings in the order in which users see them.
func All() []Setting {
	rule := func(name, about string, field func(*password.Rules) *bool) Setting {
		return Setting{
			Name: "password-" + name, Env: vault.VariableName("SECRET_PASSWORD_", name), About: about,
			apply: func(s *Settings, v string) (err error) {
				*field(&s.Password), err = strconv.ParseBool(v)
				return mistyped(err, "true or false")
			},
			value: func(s *Settings) string { return strconv.FormatBool(*field(&s.Password)) },
		}
	}
	path := func(name, env, about string, field func(*Settings) *string) Setting {
		return Setting{
			Name: name, Env: env, About: about, path: true,
			apply: func(s *Settings, v string) error { return parsePath(field(s), v) },
			value: func(s *Settings) string { return *field(s) },
		}
	}
	text := func(name, env, about string, field func(*Settings) *string) Setting {
		return Setting{
			Name: name, Env: env, About: about,
			apply: func(s *Settings, v string) error { *field(s) = v; return nil },
			value: func(s *Settings) string { return *field(s) },
		}
	}
	count := func(name, env, about string, most int, field func(*Settings) *int) Setting {
		return Setting{
			Name: name, Env: env, About: about,
			apply: func(s *Settings, v string) error { return parseCount(field(s), v, most) },
			value: func(s *Settings) string { return strconv.Itoa(*field(s)) },
		}
	}
	return []Setting{
		path("vault", "SECRET_VAULT", "the vault's directory", func(s *Settings) *string { return &s.Vault }),
		path("key-file", "SECRET_KEY_FILE", "a file with the master key, or an SSH key or age identity",
			func(s *Settings) *string { return &s.KeyFile }),
		count("history", "SECRET_HISTORY", "how many versions without a label to keep", math.MaxInt,
			func(s *Settings) *int { return &s.History }),
		text("on-rotation", "SECRET_ON_ROTATION", "a command to run after a rotation or its failure",
			func(s *Settings) *string { return &s.OnRotation }),
		{
			Name: "aws-account", Env: "SECRET_AWS_ACCOUNT", About: "the account in the ARNs of secret run --aws and secret serve",
			apply: func(s *Settings, v string) error {
				s.AWSAccount = v
				if len(v) != 12 || strings.Trim(v, "0123456789") != "" {
					return errors.New("must be 12 digits")
				}
				return nil
			},
			value: func(s *Settings) string { return s.AWSAccount },
		},
		count("password-length", "SECRET_PASSWORD_LENGTH", "the length of generated passwords", password.MaxLength,
			func(s *Settings) *int { return &s.Password.Length }),
		text("password-exclude-characters", "SECRET_PASSWORD_EXCLUDE_CHARACTERS",
			"characters that generated passwords do not have",
			func(s *Settings) *string { return &s.Password.ExcludeCharacters }),
		rule("exclude-lowercase", "no lower-case letters in generated passwords",
			func(r *password.Rules) *bool { return &r.ExcludeLowercase }),
		rule("exclude-uppercase", "no upper-case letters in generated passwords",
			func(r *password.Rules) *bool { return &r.ExcludeUppercase }),
		rule("exclude-numbers", "no digits in generated passwords",
			func(r *password.Rules) *bool { return &r.ExcludeNumbers }),
		rule("exclude-punctuation", "no punctuation in generated passwords",
			func(r *password.Rules) *bool { return &r.ExcludePunctuation }),
		rule("include-space", "spaces in generated passwords",
			func(r *password.Rules) *bool { return &r.IncludeSpace }),
		rule("allow-missing-types", "a type of character may be missing in generated passwords",
			func(r *password.Rules) *bool { return &r.AllowMissingTypes }),
	}
}

// Names returns the names of all settings.
func Names() []string {
	var names []string
	for _, s := range All() {
		names = append(names, s.Name)
	}
	return names
}

// Find returns the setting with the given name. The error is [vault.ErrInvalid] if there is none.
func Find(name string) (Setting, error) {
	for _, s := range All() {
		if s.Name == name {
			return s, nil
		}
	}
	return Setting{}, vault.Errorf(vault.ErrInvalid, "unknown setting %q; the settings are %s", name,
		strings.Join(Names(), ", "))
}

func parsePath(path *string, text string) error {
	if text == "" {
		return errors.New("must be a path")
	}
	*path = text
	return nil
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
	return errors.New("must be " + want)
}

// Load reads the configuration file and the environment. The error is [vault.ErrInvalid] if either holds a mistake,
// and names the line or the variable. Without HOME there is no configuration file.
func (d Dirs) Load() (*Settings, error) {
	s := d.Defaults()
	path, err := d.ConfigFile()
	if err == nil {
		entries, err := readEntries(path)
		if err != nil {
			return nil, err
		}
		for _, setting := range All() {
			if entry, ok := entries[setting.Name]; ok {
				if err := d.applyEntry(s, setting, entry.Value); err != nil {
					return nil, vault.Errorf(vault.ErrInvalid, "%s:%d: %s %v", path, entry.Line, setting.Name, err)
				}
			}
		}
	}
	for _, setting := range All() {
		if value := d.Getenv(setting.Env); value != "" {
			if err := setting.apply(s, value); err != nil {
				return nil, vault.Errorf(vault.ErrInvalid, "%s %v", setting.Env, err)
			}
		}
	}
	return s, nil
}

// applyEntry applies an entry of the configuration file. A path in the file must not depend on the directory in which
// the program is started, and no shell expands a ~ in it.
func (d Dirs) applyEntry(s *Settings, setting Setting, value string) error {
	if setting.path {
		if value = d.ExpandHome(value); !filepath.IsAbs(value) {
			return errors.New("must be an absolute path, or one that begins with ~/")
		}
	}
	return setting.apply(s, value)
}

// Defaults returns the settings of a user without a configuration.
func (d Dirs) Defaults() *Settings {
	s := &Settings{History: vault.DefaultHistory, Password: password.Rules{Length: password.DefaultLength}}
	if dir, err := d.Data(); err == nil {
		s.Vault = filepath.Join(dir, "vault")
	}
	return s
}

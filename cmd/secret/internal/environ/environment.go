// Package environ makes environment variables of secrets: their names, the lines that set them in a shell, and the
// environment of a command.
package environ

import (
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"strings"

	"example.org/secret/cmd/secret/internal/picked"
	"example.org/secret/cmd/secret/internal/usage"
	"example.org/secret/vault"
	"example.org/secret/vault/dotenv"
	"example.org/secret/vault/mask"
)

// Environment is the environment of a command. The zero Environment with Find and Warn is empty.
type Environment struct {
	// Find reads the value to which a reference leads.
	Find        func(vault.Reference) (picked.Value, error)
	Warn        func(text string)
	AllowUnsafe bool

	names  []string
	values map[string]string
	hidden [][]byte
}

// Inherit adds the entries NAME=VALUE of another environment, except those that skip names. It replaces values that are
// references.
func (e *Environment) Inherit(entries []string, skip func(name string) bool) error {
	for _, entry := range entries {
		// On Windows a name may begin with =.
		if i := strings.Index(entry[min(1, len(entry)):], "="); i >= 0 && !skip(entry[:i+1]) {
			if err := e.setText(entry[:i+1], entry[i+2:], "the environment"); err != nil {
				return err
			}
		}
	}
	return nil
}

// AddFile adds the variables of a .env file, and replaces values that are references.
func (e *Environment) AddFile(path, text string) error {
	variables, err := dotenv.Parse(text)
	if err != nil {
		return usage.Errorf("%s: %v", path, err)
	}
	variables, replaced := dotenv.Effective(variables)
	for _, r := range replaced {
		e.Warn(fmt.Sprintf("%s, line %d: %s is given again on line %d, which counts", filepath.Base(path), r.Line,
			r.Name, r.By))
	}
	for _, v := range variables {
		if !IsName(v.Name) {
			return usage.Errorf("%s: line %d: the text before = cannot be a variable's name", path, v.Line)
		}
		if err := e.setText(v.Name, v.Value, fmt.Sprintf("%s, line %d", filepath.Base(path), v.Line)); err != nil {
			return err
		}
	}
	return nil
}

// AddSecret adds the variables of a secret, NAME[=PREFIX].
func (e *Environment) AddSecret(arg string) error {
	ref, prefix, err := ParseArg(arg)
	if err != nil {
		return err
	}
	p, err := e.Find(ref)
	if i := strings.LastIndexByte(arg, '='); errors.Is(err, vault.ErrNoSecret) && i >= 0 && prefix == "" {
		return fmt.Errorf("%w (and no variable's name can begin with %q)", err, arg[i+1:])
	}
	if err != nil {
		return err
	}
	variables, err := Variables(p, prefix)
	if err != nil {
		return err
	}
	for _, v := range variables {
		if err := e.setSecret(v, p); err != nil {
			return err
		}
	}
	return nil
}

// Hidden returns the values that the output of the command must not show.
func (e *Environment) Hidden() [][]byte { return e.hidden }

// List returns the entries NAME=VALUE.
func (e *Environment) List() []string {
	list := make([]string, len(e.names))
	for i, name := range e.names {
		list[i] = name + "=" + e.values[name]
	}
	return list
}

// setText sets a variable to a text, or to the value to which the text refers.
func (e *Environment) setText(name, text, source string) error {
	if !strings.HasPrefix(text, vault.ReferenceScheme) {
		return e.set(name, text)
	}
	ref, err := vault.ParseReference(text)
	if err != nil {
		return fmt.Errorf("%s in %s: %w", name, source, err)
	}
	p, err := e.Find(ref)
	if err != nil {
		return fmt.Errorf("%s in %s: %w", name, source, err)
	}
	value, err := p.Text()
	if err != nil {
		return err
	}
	variable := Variable{name, string(value)}
	if _, err := check(variable); err != nil {
		return err
	}
	return e.setSecret(variable, p)
}

func (e *Environment) setSecret(v Variable, p picked.Value) error {
	if IsUnsafe(v.Name) && !e.AllowUnsafe {
		return RefuseUnsafe(v.Name, string(p.Secret.Name))
	}
	for _, value := range p.Hidden() {
		if len(value) >= mask.MinLength {
			e.hidden = append(e.hidden, value)
		}
	}
	return e.set(v.Name, v.Value)
}

func (e *Environment) set(name, value string) error {
	if length := len(name) + len("=") + len(value); length > maxVariable() {
		return usage.Errorf("the value of %s is too long for a variable: with the name it has %d bytes, and %d is"+
			" the limit; let the command read it with: secret get", name, length, maxVariable())
	}
	if e.values == nil {
		e.values = map[string]string{}
	}
	if _, there := e.values[name]; !there {
		e.names = append(e.names, name)
	}
	e.values[name] = value
	return nil
}

// maxVariable returns the most bytes of NAME=VALUE. Linux has MAX_ARG_STRLEN, less the NUL. The system's own error does
// not name the variable.
func maxVariable() int {
	if runtime.GOOS == "windows" {
		return 32766
	}
	return 131071
}

package environ

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"example.org/secret/cmd/secret/internal/picked"
	"example.org/secret/cmd/secret/internal/usage"
	"example.org/secret/vault"
)

// Variable is an environment variable made of a secret.
type Variable struct{ Name, Value string }

// Variables returns the variables that a secret or a field becomes. Each field of a secret becomes one, with prefix
// before its name. A kv secret keeps the names of its fields that variables can have; other names become those of
// [vault.VariableName], as for rotators. Fields that become the same variable are an error. A single value is named
// prefix. If prefix is empty or ends in an underscore, the name of the field follows, or the last part of the secret's
// name.
func Variables(p picked.Value, prefix string) ([]Variable, error) {
	if !p.IsWhole() {
		name := prefix
		if prefix == "" || strings.HasSuffix(prefix, "_") {
			last := p.Field
			if last == "" {
				last = string(p.Secret.Name[strings.LastIndex(string(p.Secret.Name), "/")+1:])
			}
			name = vault.VariableName(prefix, last)
		}
		if !IsName(name) {
			return nil, usage.Errorf("%q cannot be a variable's name; give one as %s=NAME", name, p.Secret.Name)
		}
		return check(Variable{name, string(p.Bytes)})
	}
	var all []Variable
	fields := map[string]string{} // by the variable
	for _, field := range p.Version.FieldNames() {
		name := prefix + field
		if p.Kind() == vault.Credential || !IsName(field) {
			name = vault.VariableName(prefix, field)
		}
		if other, taken := fields[name]; taken {
			return nil, usage.Errorf("the fields %q and %q of %q would both be the variable %s; take fields one by one,"+
				" as %s#FIELD",
				other, field, p.Secret.Name, name, p.Secret.Name)
		}
		fields[name] = field
		all = append(all, Variable{name, string(p.Version.Fields[field])})
	}
	return check(all...)
}

func check(all ...Variable) ([]Variable, error) {
	for _, v := range all {
		if strings.IndexByte(v.Value, 0) >= 0 {
			return nil, usage.Errorf("the value of %s holds a NUL byte, which a variable cannot hold", v.Name)
		}
	}
	return all, nil
}

// IsName reports whether a variable can have a name.
func IsName(s string) bool {
	for i, r := range s {
		if r != '_' && (r >= utf8.RuneSelf || !unicode.IsLetter(r)) && (i == 0 || !unicode.IsDigit(r)) {
			return false
		}
	}
	return s != ""
}

// ParseArg parses NAME[=PREFIX] of a command line. The text before the last = is a reference if the text behind it can
// begin a variable's name. A name that holds a = is written with a = at its end.
func ParseArg(arg string) (ref vault.Reference, prefix string, err error) {
	if i := strings.LastIndexByte(arg, '='); i >= 0 {
		head, tail := arg[:i], arg[i+1:]
		query := strings.LastIndexByte(head, '?')
		inQuery := query >= 0 && !strings.Contains(head[query:], "=")
		if !inQuery && (tail == "" || IsName(tail)) {
			arg, prefix = head, tail
		}
	}
	ref, err = vault.ParseReference(arg)
	return ref, prefix, err
}

//go:build unix

package rotators_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"unicode/utf8"
)

// input is the document of section 3 of the protocol.
type input struct {
	step, name, token, kind string
	tags                    map[string]string
	versions
}

func (in input) json() ([]byte, error) {
	if in.tags == nil {
		in.tags = map[string]string{}
	}
	doc := map[string]any{
		"protocol": 1, "step": in.step, "name": in.name, "token": in.token,
		"kind": in.kind, "tags": in.tags,
	}
	for name, f := range in.byName() {
		object := map[string]any{}
		for field, value := range f {
			object[field] = value
			if !utf8.ValidString(value) {
				b := base64.StdEncoding.EncodeToString([]byte(value))
				object[field] = map[string]string{"base64": b}
			}
		}
		doc[name] = object
	}
	return json.Marshal(doc)
}

func (v versions) byName() map[string]fields {
	named := map[string]fields{
		"current": v.current, "pending": v.pending, "previous": v.previous, "admin": v.admin,
	}
	maps.DeleteFunc(named, func(_ string, f fields) bool { return f == nil })
	return named
}

// env returns the environment of section 4 without the base. These tests have no values
// that are left out for their size, and no names that become the same variable.
func (in input) env() []string {
	env := []string{
		"SECRET_PROTOCOL=1", "SECRET_STEP=" + in.step, "SECRET_NAME=" + in.name,
		"SECRET_TOKEN=" + in.token, "SECRET_KIND=" + in.kind,
	}
	for name, f := range in.byName() {
		for field, value := range f {
			if !strings.Contains(value, "\x00") {
				env = append(env, variable(name)+"_"+variable(field)+"="+value)
			}
		}
	}
	return env
}

func variable(name string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case 'A' <= r && r <= 'Z', '0' <= r && r <= '9':
			return r
		case 'a' <= r && r <= 'z':
			return r - 'a' + 'A'
		}
		return '_'
	}, name)
}

// parseCreate reads the object that create prints.
func parseCreate(out string) (fields, error) {
	var members map[string]any
	if err := json.Unmarshal([]byte(out), &members); err != nil {
		return nil, err
	}
	f := fields{}
	for name, member := range members {
		switch m := member.(type) {
		case string:
			f[name] = m
		case map[string]any:
			text, ok := m["base64"].(string)
			b, err := base64.StdEncoding.DecodeString(text)
			if !ok || len(m) != 1 || err != nil {
				return nil, fmt.Errorf("the member %q is no base64 object", name)
			}
			f[name] = string(b)
		default:
			return nil, fmt.Errorf("the member %q is no string", name)
		}
	}
	return f, nil
}

package exchange

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"unicode"

	"example.org/secret/vault"

	"gopkg.in/yaml.v3"
)

// ExportFormats are those that [Export] writes.
func ExportFormats() []Format { return []Format{JSON, YAML, Dotenv, AWS, Kubernetes} }

// Export writes entries in a format. JSON and YAML keep everything. The other formats
// keep the parts that they have a place for. quote quotes a value for a .env file. The
// error is [ErrFormat] for an entry that the format cannot hold.
func Export(format Format, entries []Entry, quote func(string) string) ([]byte, error) {
	switch format {
	case JSON:
		return encodeJSON(toDocument(entries))
	case YAML:
		return exportYAML(entries)
	case Dotenv:
		return exportDotenv(entries, quote)
	case AWS:
		return exportAWS(entries)
	case Kubernetes:
		return exportKubernetes(entries)
	}
	return nil, formatf("%q is not a format that can be written", format)
}

func encodeJSON(v any) ([]byte, error) {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	err := encoder.Encode(v)
	return b.Bytes(), err
}

func toDocument(entries []Entry) document {
	d := document{Secrets: []record{}}
	for _, e := range entries {
		r := record{Name: e.Name, Kind: e.Kind, Annotations: e.Annotations, JSON: e.Value.JSON, Binary: e.Value.Binary}
		if r.JSON == "" && r.Binary == nil {
			r.Value, r.Fields = e.Value.Plain, e.Value.Fields
		}
		d.Secrets = append(d.Secrets, r)
	}
	return d
}

// exportYAML writes the JSON document as YAML. Every JSON text is YAML, except for a few
// characters.
func exportYAML(entries []Entry) ([]byte, error) {
	text, err := encodeJSON(toDocument(entries))
	if err != nil {
		return nil, err
	}
	var escaped bytes.Buffer
	for _, r := range string(text) {
		if r != '\n' && !unicode.IsPrint(r) && r > unicode.MaxASCII || r == 0x7f {
			fmt.Fprintf(&escaped, `\U%08x`, r)
			continue
		}
		escaped.WriteRune(r)
	}
	var node yaml.Node
	if err := yaml.Unmarshal(escaped.Bytes(), &node); err != nil {
		return nil, err
	}
	unquote(&node)
	var b bytes.Buffer
	encoder := yaml.NewEncoder(&b)
	encoder.SetIndent(2)
	if err := encoder.Encode(&node); err != nil {
		return nil, err
	}
	return b.Bytes(), encoder.Close()
}

// unquote puts maps and lists on lines of their own, and removes the quotes of simple
// names. Other texts keep their quotes, because YAML changes nothing in them.
func unquote(node *yaml.Node) {
	if node.Kind == yaml.MappingNode || node.Kind == yaml.SequenceNode {
		node.Style = 0
	}
	for i, child := range node.Content {
		if node.Kind == yaml.MappingNode && i%2 == 0 && strings.Trim(child.Value, variableCharacters+"-./") == "" {
			child.Style = 0
		}
		unquote(child)
	}
}

func exportDotenv(entries []Entry, quote func(string) string) ([]byte, error) {
	var b bytes.Buffer
	seen := map[string]string{}
	put := func(from, variable string, value vault.Bytes) error {
		if other, twice := seen[variable]; twice {
			return formatf("%s and %s would both be the variable %s", other, from, variable)
		}
		seen[variable] = from
		if bytes.IndexByte(value, 0) >= 0 {
			return formatf("the value of %s holds a NUL byte, which no variable can", from)
		}
		_, err := fmt.Fprintf(&b, "%s=%s\n", variable, quote(string(value)))
		return err
	}
	for _, e := range entries {
		base := e.Name[strings.LastIndexByte(e.Name, '/')+1:]
		if e.Kind == vault.Plaintext {
			if err := put(e.Name, vault.VariableName("", base), e.Value.Plain); err != nil {
				return nil, err
			}
			continue
		}
		for _, field := range e.Value.FieldNames() {
			variable := field
			if strings.Trim(field, variableCharacters) != "" || field[0] <= '9' {
				variable = vault.VariableName("", field)
			}
			if e.Kind == vault.Credential {
				variable = vault.VariableName("", base+"_"+field)
			}
			if err := put(e.Name+"#"+field, variable, e.Value.Fields[field]); err != nil {
				return nil, err
			}
		}
	}
	return b.Bytes(), nil
}

const variableCharacters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"

func exportAWS(entries []Entry) ([]byte, error) {
	type secretValue struct {
		Name         string
		SecretString *string `json:",omitempty"`
		SecretBinary []byte  `json:",omitempty"`
	}
	values := []secretValue{}
	for _, e := range entries {
		v := secretValue{Name: e.Name}
		value, err := e.Value.AWS()
		if err != nil {
			return nil, formatf("%q: %v", e.Name, err)
		}
		if v.SecretBinary = value.Binary; value.Binary == nil {
			v.SecretString = &value.String
		}
		values = append(values, v)
	}
	return encodeJSON(map[string]any{"SecretValues": values})
}

// exportKubernetes writes a Secret manifest for each entry. A plaintext value is
// under the key value.
func exportKubernetes(entries []Entry) ([]byte, error) {
	type metadata struct {
		Name        string            `json:"name"`
		Annotations map[string]string `json:"annotations,omitempty"`
	}
	subdomain := regexp.MustCompile(`^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$`)
	dataKey := regexp.MustCompile(`^[-._a-zA-Z0-9]{1,253}$`)
	var items []any
	seen := map[string]string{}
	for _, e := range entries {
		name := kubernetesName(e.Name)
		if other, twice := seen[name]; twice {
			return nil, formatf("%q and %q would both be named %q", other, e.Name, name)
		}
		if !subdomain.MatchString(name) || len(name) > 253 {
			return nil, formatf("%q cannot be made a name in Kubernetes", e.Name)
		}
		seen[name] = e.Name
		data := map[string][]byte{}
		if e.Kind == vault.Plaintext {
			data["value"] = append([]byte{}, e.Value.Plain...)
		}
		for field, value := range e.Value.Fields {
			if !dataKey.MatchString(field) || strings.HasPrefix(field, "..") || field == "." {
				return nil, formatf("the field %q of %q cannot be a key in Kubernetes", field, e.Name)
			}
			data[field] = append([]byte{}, value...)
		}
		items = append(items, map[string]any{
			"apiVersion": "v1", "kind": "Secret", "type": "Opaque",
			"metadata": metadata{name, map[string]string{nameAnnotation: e.Name, kindAnnotation: string(e.Kind)}}, "data": data,
		})
	}
	return encodeJSON(map[string]any{"apiVersion": "v1", "kind": "List", "items": items})
}

// kubernetesName makes a DNS subdomain, where that is possible: lower case, digits,
// hyphens and dots.
func kubernetesName(s string) string {
	return strings.Trim(strings.Map(func(r rune) rune {
		switch {
		case 'a' <= r && r <= 'z', '0' <= r && r <= '9', r == '.', r == '-':
			return r
		case 'A' <= r && r <= 'Z':
			return r - 'A' + 'a'
		}
		return '-'
	}, s), "-.")
}

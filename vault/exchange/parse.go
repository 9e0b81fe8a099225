package exchange

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"example.org/secret/vault"

	"github.com/joho/godotenv"
	"gopkg.in/yaml.v3"
)

// Format is the form of a file.
type Format string

// The formats of files. Dotenv, JSON, YAML and AWS can be written as well;
// Kubernetes only written.
const (
	Dotenv      Format = "dotenv"
	JSON        Format = "json" // ours, or names with values
	YAML        Format = "yaml" // the same in YAML
	CSV         Format = "csv"  // a column name, and one for each field
	KeePassXC   Format = "keepassxc"
	OnePassword Format = "1password" // CSV or 1PUX
	Bitwarden   Format = "bitwarden" // CSV or JSON, not encrypted
	AWS         Format = "aws"       // aws secretsmanager batch-get-secret-value
	Chamber     Format = "chamber"   // chamber export --format json
	Kubernetes  Format = "kubernetes"
)

// ImportFormats are those that [Parse] reads.
func ImportFormats() []Format {
	return []Format{Dotenv, JSON, YAML, CSV, KeePassXC, OnePassword, Bitwarden, AWS, Chamber}
}

// Detect guesses the format of a file from what is in it. The error is
// [ErrFormat].
func Detect(data []byte) (Format, error) {
	text := bytes.TrimPrefix(bytes.TrimSpace(data), []byte("\ufeff"))
	switch {
	case bytes.HasPrefix(text, []byte("PK\x03\x04")):
		return OnePassword, nil
	case bytes.HasPrefix(text, []byte("{")):
		return detectJSON(text)
	case len(text) == 0:
		return "", formatf("it is empty")
	}
	if format, ok := detectCSV(text); ok {
		return format, nil
	}
	if looksLikeDotenv(text) {
		return Dotenv, nil
	}
	if _, err := parseYAML(text); err == nil {
		return YAML, nil
	}
	return "", formatf("it looks like none of the formats that are known; name it with --format")
}

// looksLikeDotenv looks at the first line that says something: the library would
// also take YAML.
func looksLikeDotenv(text []byte) bool {
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		i := strings.IndexAny(line, "=:")
		return i > 0 && line[i] == '='
	}
	return false
}

func detectJSON(text []byte) (Format, error) {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(text, &members); err != nil {
		return "", formatf("it begins like JSON but is not")
	}
	has := func(name string) bool { _, ok := members[name]; return ok }
	switch {
	case has("SecretValues"), has("SecretString"), has("SecretBinary"):
		return AWS, nil
	case has("items") && (has("encrypted") || has("folders") || has("collections")):
		return Bitwarden, nil
	}
	return JSON, nil
}

// Parse reads a file of a format. The error is [ErrFormat].
func Parse(format Format, data []byte) ([]Entry, error) {
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	entries, err := parse(format, data)
	if err != nil {
		return nil, err
	}
	if len(entries) == 0 {
		return nil, formatf("there are no secrets in it")
	}
	slices.SortStableFunc(entries, func(a, b Entry) int { return strings.Compare(a.Name, b.Name) })
	return entries, nil
}

func parse(format Format, data []byte) ([]Entry, error) {
	switch format {
	case Dotenv:
		return parseDotenv(data)
	case JSON, Chamber:
		return parseJSON(data)
	case YAML:
		return parseYAML(data)
	case AWS:
		return parseAWS(data)
	case CSV, KeePassXC:
		return parseCSV(format, data)
	case OnePassword:
		if bytes.HasPrefix(data, []byte("PK")) {
			return parse1PUX(data)
		}
		return parseCSV(format, data)
	case Bitwarden:
		if bytes.HasPrefix(bytes.TrimSpace(data), []byte("{")) {
			return parseBitwardenJSON(data)
		}
		return parseCSV(format, data)
	}
	return nil, formatf("%q is not a format that can be read", format)
}

// parseDotenv reads a .env file. Nothing is expanded: a value that holds a dollar
// sign is more often a hash than a reference.
func parseDotenv(data []byte) ([]Entry, error) {
	const dollar = "\ue024" // of the private use area, so that the library sees no $
	if bytes.Contains(data, []byte(dollar)) || bytes.IndexByte(data, 0) >= 0 {
		return nil, formatf("it holds characters that a .env file cannot")
	}
	values, err := godotenv.UnmarshalBytes(bytes.ReplaceAll(data, []byte("$"), []byte(dollar)))
	if err != nil {
		// The library's errors quote the file.
		return nil, formatf("it is not a .env file, whose lines are NAME=VALUE")
	}
	var entries []Entry
	for name, value := range values {
		if name == "" || strings.ContainsAny(name, " \t\"'") || strings.Contains(name, dollar) {
			return nil, formatf("%q is not the name of a variable", strings.ReplaceAll(name, dollar, "$"))
		}
		entries = append(entries, plaintext(name, []byte(strings.ReplaceAll(value, dollar, "$"))))
	}
	return entries, nil
}

// document is the shape of our own exports.
type document struct {
	Secrets []record `json:"secrets"`
}

type record struct {
	Name        string                 `json:"name"`
	Kind        vault.Kind             `json:"kind"`
	Description string                 `json:"description,omitempty"`
	Tags        map[string]string      `json:"tags,omitempty"`
	Value       vault.Bytes            `json:"value,omitzero"`
	Fields      map[string]vault.Bytes `json:"fields,omitzero"`
}

func (r record) entry() (Entry, error) {
	if _, err := vault.ParseKind(string(r.Kind)); err != nil {
		return Entry{}, formatf("%q: %v", r.Name, err)
	}
	value := vault.Value{Plain: r.Value, Fields: r.Fields}
	return Entry{Name: r.Name, Kind: r.Kind, Value: value, Description: r.Description, Tags: r.Tags}, nil
}

func parseJSON(data []byte) ([]Entry, error) {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	var tree any
	if err := decoder.Decode(&tree); err != nil {
		return nil, formatf("it is not JSON (look at byte %d)", decoder.InputOffset())
	}
	if _, err := decoder.Token(); err != io.EOF {
		return nil, formatf("there is more than one JSON value in it")
	}
	root, ok := tree.(map[string]any)
	if !ok {
		return nil, formatf("it is not a JSON object of names and values")
	}
	if isDocument(root) {
		return parseDocument(data)
	}
	if err := textLeaves("", root); err != nil {
		return nil, err
	}
	return fromTree("", root)
}

func isDocument(root map[string]any) bool {
	_, isList := root["secrets"].([]any)
	return isList && len(root) == 1
}

func parseDocument(data []byte) ([]Entry, error) {
	var d document
	if err := json.Unmarshal(data, &d); err != nil {
		return nil, formatf("it is not an export of ours")
	}
	var entries []Entry
	for _, r := range d.Secrets {
		entry, err := r.entry()
		if err != nil {
			return nil, err
		}
		entries = append(entries, entry)
	}
	return entries, nil
}

// textLeaves turns numbers and truths into the texts that they were written as.
func textLeaves(path string, tree map[string]any) error {
	for key, value := range tree {
		switch v := value.(type) {
		case string:
		case json.Number, bool:
			tree[key] = fmt.Sprint(v)
		case nil:
			tree[key] = ""
		case map[string]any:
			if err := textLeaves(path+key+"/", v); err != nil {
				return err
			}
		default:
			return formatf("%q is a list; a secret is a text or a map of texts", path+key)
		}
	}
	return nil
}

func parseYAML(data []byte) ([]Entry, error) {
	var root yaml.Node
	if err := yaml.Unmarshal(data, &root); err != nil {
		return nil, formatf("it is not YAML")
	}
	if len(root.Content) == 0 || root.Content[0].Kind != yaml.MappingNode {
		return nil, formatf("it is not a YAML map of names and values")
	}
	tree, err := yamlTree(root.Content[0])
	if err != nil {
		return nil, err
	}
	if isDocument(tree.(map[string]any)) {
		text, err := json.Marshal(tree)
		if err != nil {
			return nil, formatf("it is not an export of ours")
		}
		return parseDocument(text)
	}
	return fromTree("", tree)
}

// yamlTree takes every scalar as it is written: 007, yes and 1e3 are texts.
// Binary scalars are left as what our JSON has for them.
func yamlTree(node *yaml.Node) (any, error) {
	switch node.Kind {
	case yaml.ScalarNode:
		if node.Tag == "!!binary" {
			return map[string]any{"base64": strings.Join(strings.Fields(node.Value), "")}, nil
		}
		return node.Value, nil
	case yaml.SequenceNode:
		list := make([]any, len(node.Content))
		for i, item := range node.Content {
			var err error
			if list[i], err = yamlTree(item); err != nil {
				return nil, err
			}
		}
		return list, nil
	case yaml.MappingNode:
		tree := map[string]any{}
		for i := 0; i+1 < len(node.Content); i += 2 {
			key := node.Content[i]
			if key.Kind != yaml.ScalarNode {
				return nil, formatf("line %d: a name has to be a text", key.Line)
			}
			if _, twice := tree[key.Value]; twice {
				return nil, formatf("line %d: %q stands there twice", key.Line, key.Value)
			}
			var err error
			if tree[key.Value], err = yamlTree(node.Content[i+1]); err != nil {
				return nil, err
			}
		}
		return tree, nil
	}
	return nil, formatf("line %d: aliases are not followed", node.Line)
}

func parseAWS(data []byte) ([]Entry, error) {
	type secretValue struct {
		Name         string
		SecretString *string
		SecretBinary []byte
	}
	var answer struct {
		SecretValues []secretValue
		secretValue
	}
	if err := json.Unmarshal(data, &answer); err != nil {
		return nil, formatf("it is not what aws secretsmanager prints")
	}
	values := answer.SecretValues
	if answer.Name != "" {
		values = append(values, answer.secretValue)
	}
	var entries []Entry
	for _, v := range values {
		if v.SecretString == nil {
			entries = append(entries, plaintext(v.Name, append([]byte{}, v.SecretBinary...)))
			continue
		}
		var fields map[string]any
		decoder := json.NewDecoder(strings.NewReader(*v.SecretString))
		decoder.UseNumber()
		if decoder.Decode(&fields) == nil && len(fields) > 0 && textLeaves("", fields) == nil {
			if texts, flat := leaves(fields); flat {
				entries = append(entries, withFields(v.Name, texts))
				continue
			}
		}
		entries = append(entries, plaintext(v.Name, []byte(*v.SecretString)))
	}
	return entries, nil
}

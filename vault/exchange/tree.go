package exchange

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"

	"example.org/secret/vault"

	"gopkg.in/yaml.v3"
)

// The limits of files, which may be made to fill the memory or to take for ever.
const (
	maxDepth    = 100
	maxPath     = 4096
	maxYAMLSize = 32 << 20 // the library takes fifty times the memory
)

// document is the shape of our own exports.
type document struct {
	Secrets []record `json:"secrets"`
}

type record struct {
	Name string     `json:"name"`
	Kind vault.Kind `json:"kind"`
	vault.Annotations
	Value  vault.Bytes            `json:"value,omitzero"`
	Fields map[string]vault.Bytes `json:"fields,omitzero"`
	// JSON and Binary take the place of the others in a value that has them, because an
	// edited export must not hold two values.
	JSON   string `json:"json,omitempty"`
	Binary []byte `json:"binary,omitzero"`
}

func (r record) entry() (Entry, error) {
	if _, err := vault.ParseKind(string(r.Kind)); err != nil {
		return Entry{}, formatf("%q: %v", r.Name, err)
	}
	value := vault.Value{Plain: r.Value, Fields: r.Fields}
	isPlain := r.Kind == vault.Plaintext
	if r.JSON != "" || r.Binary != nil {
		kind, stored := vault.AWSValue{String: r.JSON, Binary: r.Binary}.Value()
		if isPlain != (kind == vault.Plaintext) || isPlain != (r.JSON == "") || r.Value != nil || r.Fields != nil {
			return Entry{}, formatf("%q: binary is for plaintext secrets, and json, an object of texts and numbers, for"+
				" others", r.Name)
		}
		return Entry{Name: r.Name, Kind: r.Kind, Value: stored, Annotations: r.Annotations}, nil
	}
	if isPlain && value.Plain == nil {
		value.Plain = vault.Bytes{}
	}
	if isPlain != (len(r.Fields) == 0) || !isPlain && r.Value != nil {
		return Entry{}, formatf("%q: plaintext secrets have a value, others fields", r.Name)
	}
	return Entry{Name: r.Name, Kind: r.Kind, Value: value, Annotations: r.Annotations}, nil
}

// list is a list in a tree. No secret is a list, so it is stored as its text.
type list struct {
	items []any
	json  []byte     // as it stands in the file
	yaml  *yaml.Node // of a list in YAML
}

func (l list) text() ([]byte, error) {
	if l.yaml != nil {
		return yaml.Marshal(l.yaml)
	}
	return l.json, nil
}

// MarshalJSON implements [json.Marshaler].
func (l list) MarshalJSON() ([]byte, error) { return json.Marshal(l.items) }

func isDocument(root map[string]any) bool {
	_, isList := root["secrets"].(list)
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

func parseJSON(data []byte) ([]Entry, error) {
	tree, err := decodeJSON(data)
	if err != nil {
		return nil, err
	}
	root, ok := tree.(map[string]any)
	if !ok {
		return nil, formatf("it is not a JSON object of names and values")
	}
	if isDocument(root) {
		return parseDocument(data)
	}
	return fromRoot(root)
}

// decodeJSON reads numbers and booleans as texts, as they are written. Unlike the library
// it refuses an object that has a name twice.
func decodeJSON(data []byte) (any, error) {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	tree, err := jsonTree(decoder, data, 0)
	if err == nil {
		if _, err = decoder.Token(); errors.Is(err, io.EOF) {
			return tree, nil
		}
		err = formatf("there is more than one value in it")
	}
	if !errors.Is(err, ErrFormat) {
		err = formatf("it is not JSON") // the library's errors may quote the file
	}
	line := 1 + bytes.Count(data[:min(int(decoder.InputOffset()), len(data))], []byte("\n"))
	return nil, fmt.Errorf("%w (line %d)", err, line)
}

func jsonTree(decoder *json.Decoder, data []byte, depth int) (any, error) {
	token, err := decoder.Token()
	if err != nil {
		return nil, err
	}
	if depth > maxDepth {
		return nil, formatf("it is nested more than %d levels deep", maxDepth)
	}
	switch token {
	case json.Delim('{'):
		return jsonObject(decoder, data, depth)
	case json.Delim('['):
		from := decoder.InputOffset() - 1
		items := []any{}
		for decoder.More() {
			item, err := jsonTree(decoder, data, depth+1)
			if err != nil {
				return nil, err
			}
			items = append(items, item)
		}
		_, err := decoder.Token()
		return list{items: items, json: data[from:decoder.InputOffset()]}, err
	case nil:
		return "", nil
	}
	return fmt.Sprint(token), nil
}

func jsonObject(decoder *json.Decoder, data []byte, depth int) (any, error) {
	tree := map[string]any{}
	for decoder.More() {
		token, err := decoder.Token()
		if err != nil {
			return nil, err
		}
		key := fmt.Sprint(token)
		if _, twice := tree[key]; twice {
			return nil, formatf("%q stands there twice", key)
		}
		if tree[key], err = jsonTree(decoder, data, depth+1); err != nil {
			return nil, err
		}
	}
	_, err := decoder.Token()
	return tree, err
}

func parseYAML(data []byte) ([]Entry, error) {
	tree, err := decodeYAML(data)
	if err != nil {
		return nil, err
	}
	if isDocument(tree) {
		text, err := json.Marshal(tree)
		if err != nil {
			return nil, formatf("it is not an export of ours")
		}
		return parseDocument(text)
	}
	return fromRoot(tree)
}

func decodeYAML(data []byte) (map[string]any, error) {
	decoder, err := newYAMLDecoder(data)
	if err != nil {
		return nil, err
	}
	root, err := nextYAML(decoder)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if root == nil || root.Kind != yaml.MappingNode {
		return nil, formatf("it is not a YAML map of names and values")
	}
	if err := decoder.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		return nil, formatf("there is more than one document in it")
	}
	tree, err := yamlTree(root, 0)
	if err != nil {
		return nil, err
	}
	return tree.(map[string]any), nil
}

func newYAMLDecoder(data []byte) (*yaml.Decoder, error) {
	if len(data) > maxYAMLSize {
		return nil, formatf("it has %d bytes; YAML may have %d, other formats more", len(data), maxYAMLSize)
	}
	return yaml.NewDecoder(bytes.NewReader(data)), nil
}

// nextYAML reads the next document, which may be nil. The error at the end is
// [io.EOF].
func nextYAML(decoder *yaml.Decoder) (*yaml.Node, error) {
	var document yaml.Node
	err := decoder.Decode(&document)
	if errors.Is(err, io.EOF) {
		return nil, io.EOF
	}
	if err != nil {
		// The rest of the library's errors may quote the file.
		line := regexp.MustCompile(`line \d+`).FindString(err.Error())
		return nil, formatf("it is not YAML (look at %s)", cmp.Or(line, "line 1"))
	}
	if len(document.Content) == 0 {
		return nil, nil
	}
	return document.Content[0], nil
}

// yamlTree takes every scalar as it is written: 007, yes and 1e3 are texts.
func yamlTree(node *yaml.Node, depth int) (any, error) {
	if depth > maxDepth {
		return nil, formatf("line %d: it is nested more than %d levels deep", node.Line, maxDepth)
	}
	switch node.Kind {
	case yaml.ScalarNode:
		if node.Tag != "!!binary" {
			return node.Value, nil
		}
		value, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(node.Value), ""))
		if err != nil {
			return nil, formatf("line %d: it is not base64", node.Line)
		}
		return vault.Bytes(value), nil
	case yaml.SequenceNode:
		items := make([]any, len(node.Content))
		for i, item := range node.Content {
			var err error
			if items[i], err = yamlTree(item, depth+1); err != nil {
				return nil, err
			}
		}
		return list{items: items, yaml: node}, nil
	case yaml.MappingNode:
		return yamlMap(node, depth)
	}
	return nil, formatf("line %d: aliases are not followed", node.Line)
}

func yamlMap(node *yaml.Node, depth int) (any, error) {
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
		if tree[key.Value], err = yamlTree(node.Content[i+1], depth+1); err != nil {
			return nil, err
		}
	}
	return tree, nil
}

func fromRoot(root map[string]any) ([]Entry, error) {
	if err := refuseSOPS(root); err != nil {
		return nil, err
	}
	return fromTree("", root)
}

func refuseSOPS(root map[string]any) error {
	if meta, ok := root["sops"].(map[string]any); ok && meta["mac"] != nil {
		return formatf("it is encrypted by sops; import the output of sops decrypt")
	}
	return nil
}

// fromTree makes entries of nested maps: a map of values is a secret with fields, any
// other map a folder. A list and an empty map are the text that the file has for them.
func fromTree(path string, node any) ([]Entry, error) {
	if len(path) > maxPath {
		return nil, formatf("the name %.20q… has %d bytes", path, len(path))
	}
	if value, ok := leaf(node); ok {
		return []Entry{plaintext(path, value)}, nil
	}
	if list, ok := node.(list); ok {
		text, err := list.text()
		if len(text) > vault.MaxValueSize {
			return nil, formatf("the list %q has %d bytes; the limit is %d", path, len(text), vault.MaxValueSize)
		}
		return []Entry{plaintext(path, text)}, err
	}
	tree := node.(map[string]any)
	if fields, ok := leaves(tree); ok && path != "" {
		if len(fields) == 0 {
			return []Entry{plaintext(path, []byte("{}"))}, nil
		}
		return []Entry{withFields(path, fields)}, nil
	}
	var entries []Entry
	for _, key := range slices.Sorted(maps.Keys(tree)) {
		below := key
		if path != "" {
			below = path + "/" + key
		}
		more, err := fromTree(below, tree[key])
		if err != nil {
			return nil, err
		}
		entries = append(entries, more...)
	}
	return entries, nil
}

func leaf(node any) (vault.Bytes, bool) {
	switch v := node.(type) {
	case string:
		return vault.Bytes(v), true
	case vault.Bytes:
		return v, true
	}
	return nil, false
}

// leaves returns the members of a map if all of them are values.
func leaves(tree map[string]any) (map[string]vault.Bytes, bool) {
	fields := map[string]vault.Bytes{}
	for key, node := range tree {
		value, ok := leaf(node)
		if !ok {
			return nil, false
		}
		fields[key] = value
	}
	return fields, true
}

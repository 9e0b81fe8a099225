// Package edit shows a secret in the user's editor.
package edit

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"

	"example.org/secret/cmd/secret/internal/yamltext"
	"example.org/secret/vault"

	"gopkg.in/yaml.v3"
)

// Document is the part of a secret that the user edits.
type Document struct {
	vault.Annotations
	Value vault.Value
}

// Equal reports whether two documents are the same.
func (e Document) Equal(other Document) bool {
	return e.Description == other.Description && maps.Equal(e.Tags, other.Tags) && e.Value.Equal(other.Value)
}

// ApplyTo makes the changes since before to a secret. A changed value is a new version.
func (e Document) ApplyTo(s *vault.Secret, before Document) error {
	if !e.Value.Equal(before.Value) {
		value := e.Value
		if s.Kind != vault.Plaintext {
			value = before.Value.WithFields(value.Fields)
		}
		if err := s.Add(vault.NewVersion{Kind: s.Kind, Value: value, Origin: vault.OriginEdit}); err != nil {
			return err
		}
	}
	return s.SetAnnotations(e.Annotations)
}

// Encode returns the text of the document for an editor.
func (e Document) Encode(s *vault.Secret, v vault.Version) ([]byte, error) {
	document := &yaml.Node{Kind: yaml.MappingNode}
	add := func(key string, value *yaml.Node) {
		document.Content = append(document.Content, yamltext.Scalar([]byte(key)), value)
	}
	tags := map[string]vault.Bytes{}
	for key, value := range e.Tags {
		tags[key] = vault.Bytes(value)
	}
	add("description", yamltext.Scalar([]byte(e.Description)))
	add("tags", yamltext.Mapping(tags))
	if s.Kind == vault.Plaintext {
		add("value", yamltext.Scalar(e.Value.Plain))
	} else {
		add("fields", yamltext.Mapping(e.Value.Fields))
	}
	text, err := yamltext.Encode(document)
	head := fmt.Sprintf("# %s, a %s secret, version %d. Save to store a new version.\n", s.Name, s.Kind, v.Number)
	return append([]byte(head), text...), err
}

// Decode reads the text that the editor saved. Each scalar is a text: 007, yes and 1e3 are neither numbers nor truths.
// An error names a line and no value.
func Decode(text []byte, kind vault.Kind) (Document, error) {
	var document, more yaml.Node
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	if err := decoder.Decode(&document); err != nil && !errors.Is(err, io.EOF) {
		return Document{}, errors.New("the text is not YAML: " + yamltext.Position(err))
	}
	// Without this check a line of a value that lost its indentation would be ignored.
	if err := decoder.Decode(&more); !errors.Is(err, io.EOF) {
		return Document{}, errors.New("the text goes on behind a line --- or ...; indent the lines of a value")
	}
	if len(document.Content) != 1 || document.Content[0].Kind != yaml.MappingNode {
		return Document{}, errors.New("the text must be lines of NAME: VALUE")
	}
	var e Document
	root := document.Content[0]
	seen := map[string]bool{}
	for i := 0; i+1 < len(root.Content); i += 2 {
		key, node := root.Content[i], root.Content[i+1]
		if seen[key.Value] {
			return Document{}, fmt.Errorf("line %d: %q is given twice", key.Line, key.Value)
		}
		seen[key.Value] = true
		var err error
		switch {
		case key.Value == "description":
			var text vault.Bytes
			text, err = scalarBytes(node)
			e.Description = string(text)
		case key.Value == "tags":
			var tags map[string]vault.Bytes
			tags, err = mappingBytes(node)
			for tag, value := range tags {
				if e.Tags == nil {
					e.Tags = map[string]string{}
				}
				e.Tags[tag] = string(value)
			}
		case key.Value == "value" && kind == vault.Plaintext:
			e.Value.Plain, err = scalarBytes(node)
		case key.Value == "fields" && kind != vault.Plaintext:
			e.Value.Fields, err = mappingBytes(node)
		default:
			err = fmt.Errorf("line %d: unknown name %q", key.Line, key.Value)
		}
		if err != nil {
			return Document{}, err
		}
	}
	if want := map[bool]string{true: "value", false: "fields"}[kind == vault.Plaintext]; !seen[want] {
		return Document{}, fmt.Errorf("%q is missing", want)
	}
	return e, nil
}

func scalarBytes(node *yaml.Node) (vault.Bytes, error) {
	if node.Kind != yaml.ScalarNode {
		return nil, fmt.Errorf("line %d: one value must stand here; quote it if it begins with [, {, & or *", node.Line)
	}
	if node.Tag == "!!binary" {
		var decoded string
		if err := node.Decode(&decoded); err != nil {
			return nil, fmt.Errorf("line %d: the value is not base64", node.Line)
		}
		return vault.Bytes(decoded), nil
	}
	return vault.Bytes(node.Value), nil
}

func mappingBytes(node *yaml.Node) (map[string]vault.Bytes, error) {
	if node.Kind == yaml.ScalarNode && node.Value == "" {
		return nil, nil
	}
	if node.Kind != yaml.MappingNode {
		return nil, fmt.Errorf("line %d: lines of NAME: VALUE must stand here", node.Line)
	}
	values := map[string]vault.Bytes{}
	for i := 0; i+1 < len(node.Content); i += 2 {
		key, err := scalarBytes(node.Content[i])
		if err != nil {
			return nil, err
		}
		if _, twice := values[string(key)]; twice {
			return nil, fmt.Errorf("line %d: %q is given twice", node.Content[i].Line, key)
		}
		if values[string(key)], err = scalarBytes(node.Content[i+1]); err != nil {
			return nil, err
		}
	}
	return values, nil
}

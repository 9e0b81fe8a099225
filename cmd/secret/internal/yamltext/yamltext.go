// Package yamltext writes YAML that reads back as the same bytes, and reads errors of the YAML library without the
// text that they quote.
package yamltext

import (
	"bytes"
	"fmt"
	"maps"
	"slices"

	"example.org/secret/cmd/secret/internal/escape"

	"gopkg.in/yaml.v3"
)

// Encode returns the text of a document.
func Encode(document *yaml.Node) ([]byte, error) {
	var b bytes.Buffer
	encoder := yaml.NewEncoder(&b)
	encoder.SetIndent(2)
	if err := encoder.Encode(document); err != nil {
		return nil, err
	}
	return b.Bytes(), encoder.Close()
}

// Scalar returns a YAML string that reads back as the same bytes. It keeps the lines of the value where YAML can.
func Scalar(value []byte) *yaml.Node {
	node := new(yaml.Node)
	node.SetString(string(value)) // invalid UTF-8 becomes !!binary
	if node.Tag == "!!str" && !isPlain(value) {
		node.Style = yaml.DoubleQuotedStyle
	}
	return node
}

// Mapping returns a YAML mapping with the keys in their order.
func Mapping[V ~[]byte](values map[string]V) *yaml.Node {
	node := &yaml.Node{Kind: yaml.MappingNode}
	for _, key := range slices.Sorted(maps.Keys(values)) {
		node.Content = append(node.Content, Scalar([]byte(key)), Scalar(values[key]))
	}
	return node
}

// isPlain reports whether the block styles of YAML keep the value. They change a carriage return and a leading space,
// for example.
func isPlain(value []byte) bool {
	for line := range bytes.Lines(value) {
		if line[0] == ' ' || line[0] == '\t' || bytes.HasSuffix(bytes.TrimSuffix(line, []byte("\n")), []byte(" ")) {
			return false
		}
	}
	return escape.Harmless(value) && !bytes.ContainsAny(value, "\r\t\u0085\u2028\u2029\ufeff") &&
		!bytes.HasPrefix(value, []byte("\n"))
}

// Position says where the text is not YAML. It repeats nothing of the text.
func Position(err error) string {
	if line := Line(err); line > 0 {
		return fmt.Sprintf("look at line %d", line)
	}
	return "look at its quotes and indentation"
}

// Line returns the line that an error of the library names, or 0. The rest of the error quotes the text, which may be
// a secret.
func Line(err error) (line int) {
	_, _ = fmt.Sscanf(err.Error(), "yaml: line %d:", &line)
	return line
}

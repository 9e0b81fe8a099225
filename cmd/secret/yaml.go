package main

import (
	"bytes"
	"fmt"

	"gopkg.in/yaml.v3"
)

func encodeYAML(document *yaml.Node) ([]byte, error) {
	var b bytes.Buffer
	encoder := yaml.NewEncoder(&b)
	encoder.SetIndent(2)
	if err := encoder.Encode(document); err != nil {
		return nil, err
	}
	return b.Bytes(), encoder.Close()
}

// scalarNode makes a YAML string that reads back as the same bytes, on as many
// lines as it has where that is possible.
func scalarNode(value []byte) *yaml.Node {
	node := new(yaml.Node)
	node.SetString(string(value)) // invalid UTF-8 becomes !!binary
	if node.Tag == "!!str" && !isPlainYAMLText(value) {
		node.Style = yaml.DoubleQuotedStyle
	}
	return node
}

func yamlPosition(err error) string {
	if line := yamlLine(err); line > 0 {
		return fmt.Sprintf("look at line %d", line)
	}
	return "look at its quotes and indentation"
}

// yamlLine is all that may be shown of an error of the library, which quotes what
// it stumbled over. It is 0 if there is none.
func yamlLine(err error) (line int) {
	_, _ = fmt.Sscanf(err.Error(), "yaml: line %d:", &line)
	return line
}

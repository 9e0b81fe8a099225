package settings

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"example.org/secret/cmd/secret/internal/yamltext"
	"example.org/secret/vault"
	"example.org/secret/vault/durable"

	"gopkg.in/yaml.v3"
)

// maxSize is the largest configuration file, in bytes.
const maxSize = 1 << 20

// Set writes a setting to the configuration file, and keeps the comments of the file. A relative path counts from the
// current directory.
func (d Dirs) Set(name, value string) error {
	setting, err := Find(name)
	if err != nil {
		return err
	}
	if err := setting.apply(d.Defaults(), value); err != nil {
		return vault.Errorf(vault.ErrInvalid, "%s %v, not %q", name, err, value)
	}
	if setting.path {
		if value, err = filepath.Abs(d.ExpandHome(value)); err != nil {
			return err
		}
	}
	return d.edit(func(root *yaml.Node) { setEntry(root, name, value) })
}

// Unset removes a setting from the configuration file.
func (d Dirs) Unset(name string) error {
	if _, err := Find(name); err != nil {
		return err
	}
	return d.edit(func(root *yaml.Node) {
		if i := indexOf(root, name); i >= 0 {
			root.Content = slices.Delete(root.Content, i, i+2)
		}
	})
}

func setEntry(root *yaml.Node, name, value string) {
	node := yamltext.Scalar([]byte(value))
	if isWord(value) {
		node.Tag = "" // a number or a truth needs no quotes
	}
	i := indexOf(root, name)
	if i < 0 {
		root.Content = append(root.Content, yamltext.Scalar([]byte(name)), node)
		return
	}
	old := root.Content[i+1]
	node.HeadComment, node.LineComment, node.FootComment = old.HeadComment, old.LineComment, old.FootComment
	root.Content[i+1] = node
}

// indexOf returns the index of a key in a mapping, or -1.
func indexOf(mapping *yaml.Node, key string) int {
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		if mapping.Content[i].Value == key {
			return i
		}
	}
	return -1
}

func isWord(s string) bool {
	return strings.Trim(s, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz") == ""
}

// edit changes the mapping in the configuration file.
func (d Dirs) edit(change func(root *yaml.Node)) error {
	path, err := d.ConfigFile()
	if err != nil {
		return err
	}
	if _, err := readEntries(path); err != nil {
		return err
	}
	document, err := readDocument(path)
	if err != nil {
		return err
	}
	var comments []byte
	if document == nil {
		document = &yaml.Node{Kind: yaml.DocumentNode, Content: []*yaml.Node{{Kind: yaml.MappingNode}}}
		if comments, err = os.ReadFile(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("cannot read the configuration: %w", err)
		}
	}
	root := document.Content[0]
	root.Style &^= yaml.FlowStyle
	change(root)
	var text []byte
	if len(root.Content) > 0 {
		if text, err = yamltext.Encode(document); err != nil {
			return err
		}
	}
	if len(comments) > 0 && !bytes.HasSuffix(comments, []byte("\n")) {
		comments = append(comments, '\n')
	}
	return replace(path, append(comments, text...))
}

// replace writes through a symbolic link, because users keep their dotfiles in other directories.
func replace(path string, text []byte) error {
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target
	}
	if err := durable.Replace(path, text); err != nil {
		return fmt.Errorf("cannot write the configuration: %w", err)
	}
	return nil
}

// readEntries returns the entries of a configuration file by name. A file that does not exist has none.
func readEntries(path string) (map[string]*yaml.Node, error) {
	document, err := readDocument(path)
	if err != nil || document == nil {
		return nil, err
	}
	root := document.Content[0]
	if root.Kind != yaml.MappingNode {
		return nil, invalid(path, root.Line, "a line has the form NAME: VALUE")
	}
	known := Names()
	entries := map[string]*yaml.Node{}
	for i := 0; i+1 < len(root.Content); i += 2 {
		name, value := root.Content[i], root.Content[i+1]
		switch {
		case !slices.Contains(known, name.Value):
			return nil, invalid(path, name.Line, fmt.Sprintf("unknown setting %q; correct the file; the settings are %s",
				name.Value, strings.Join(known, ", ")))
		case entries[name.Value] != nil:
			return nil, invalid(path, name.Line, name.Value+" is given twice")
		case value.Kind != yaml.ScalarNode:
			return nil, invalid(path, value.Line, name.Value+" takes one value")
		}
		entries[name.Value] = value
	}
	return entries, nil
}

// readDocument returns nil if the file does not exist or has no entries.
func readDocument(path string) (*yaml.Node, error) {
	text, err := readText(path)
	if errors.Is(err, fs.ErrNotExist) || (err == nil && len(bytes.TrimSpace(text)) == 0) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("cannot read the configuration: %w", err)
	}
	var document, more yaml.Node
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	if err := decoder.Decode(&document); err != nil && !errors.Is(err, io.EOF) {
		return nil, invalid(path, yamltext.Line(err), "the file is not YAML; look at the quotes and the indentation")
	}
	if err := decoder.Decode(&more); !errors.Is(err, io.EOF) {
		return nil, invalid(path, more.Line, "settings go before a line --- or ...")
	}
	if len(document.Content) == 0 {
		return nil, nil
	}
	return &document, nil
}

// readText reads a regular file, to which a symbolic link may lead.
func readText(path string) ([]byte, error) {
	target, err := filepath.EvalSymlinks(path)
	if err != nil {
		return nil, err
	}
	return durable.Read(target, maxSize)
}

func invalid(path string, line int, text string) error {
	return vault.Errorf(vault.ErrInvalid, "%s:%d: %s", path, max(line, 1), text)
}

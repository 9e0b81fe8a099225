package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"example.org/secret/cmd/secret/internal/picked"
	"example.org/secret/cmd/secret/internal/prompt"
	"example.org/secret/cmd/secret/internal/yamltext"
	"example.org/secret/rotate"
	"example.org/secret/vault"
	"example.org/secret/vault/durable"

	"github.com/spf13/cobra"
	"gopkg.in/yaml.v3"
)

func newEditCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "edit NAME",
		Short: "Edit a secret in your editor",
		Long: `Edit the value, the description and the tags of a secret as YAML, in $VISUAL or
$EDITOR. The text is kept in memory-backed storage while you edit, and nothing is
stored if nothing changed.`,
		Example: `  secret edit stripe
  EDITOR="code --wait" secret edit prod/db`,
		Args:              argCount(1, 1),
		ValidArgsFunction: a.completeNames(1),
		RunE:              func(_ *cobra.Command, args []string) error { return a.runEdit(args[0]) },
	}
}

func (a *app) runEdit(nameArg string) error {
	v, name, err := a.openNamed(nameArg)
	if err != nil {
		return err
	}
	original, err := picked.Find(v, vault.Reference{Name: name})
	if err != nil {
		return err
	}
	before := editable{original.Secret.Description, original.Secret.Tags, original.Version.Value}
	text, err := before.encode(original.Secret, original.Version)
	if err != nil {
		return err
	}
	session, err := a.newEditSession()
	if err != nil {
		return err
	}
	defer session.close()
	after, err := session.edit(text, original.Secret.Kind, func(after editable) error {
		scratch, err := v.Get(name)
		if err != nil {
			return err
		}
		return after.applyTo(scratch, before)
	})
	if errors.Is(err, prompt.ErrInterrupted) && session.changed(text) {
		return fmt.Errorf("%w (your text is kept in %s; delete it when done)", err, session.keep())
	}
	if err != nil {
		return err
	}
	if after.equal(before) {
		a.sayf("Nothing changed.\n")
		return nil
	}
	_, err = v.Update(name, func(s *vault.Secret) error {
		if s.Revision != original.Secret.Revision {
			return vault.Errorf(vault.ErrBusy, "%q was changed by another process meanwhile", name)
		}
		return after.applyTo(s, before)
	})
	if err != nil {
		// The work of the person at the editor is worth more than tidiness.
		return fmt.Errorf("%w (your text is kept in %s; delete it when done)", err, session.keep())
	}
	if rotate.UnderWay(original.Secret) && !after.value.Equal(before.value) {
		a.warnGivenUp(name)
	}
	a.sayf("Stored %s.\n", name)
	return nil
}

// editable is what a person can change in the editor.
type editable struct {
	description string
	tags        map[string]string
	value       vault.Value
}

func (e editable) equal(other editable) bool {
	return e.description == other.description && maps.Equal(e.tags, other.tags) && e.value.Equal(other.value)
}

func (e editable) applyTo(s *vault.Secret, before editable) error {
	if !e.value.Equal(before.value) {
		if err := s.Add(vault.NewVersion{Kind: s.Kind, Value: e.value, Origin: vault.OriginEdit}); err != nil {
			return err
		}
	}
	if err := s.SetDescription(e.description); err != nil {
		return err
	}
	for key := range before.tags {
		if _, kept := e.tags[key]; !kept {
			if err := s.Untag(key); err != nil {
				return err
			}
		}
	}
	return applyTags(s, e.tags)
}

func (e editable) encode(s *vault.Secret, v vault.Version) ([]byte, error) {
	document := &yaml.Node{Kind: yaml.MappingNode}
	add := func(key string, value *yaml.Node) {
		document.Content = append(document.Content, yamltext.Scalar([]byte(key)), value)
	}
	tags := map[string]vault.Bytes{}
	for key, value := range e.tags {
		tags[key] = vault.Bytes(value)
	}
	add("description", yamltext.Scalar([]byte(e.description)))
	add("tags", fieldsNode(tags))
	if s.Kind == vault.Plaintext {
		add("value", yamltext.Scalar(e.value.Plain))
	} else {
		add("fields", fieldsNode(e.value.Fields))
	}
	text, err := yamltext.Encode(document)
	head := fmt.Sprintf("# %s, a %s secret, version %d. Save to store a new version.\n", s.Name, s.Kind, v.Number)
	return append([]byte(head), text...), err
}

// decodeEditable reads what came back from the editor. Every scalar counts as it
// is written: 007, yes and 1e3 are no numbers or truths here. Its errors name a
// line and no value.
func decodeEditable(text []byte, kind vault.Kind) (editable, error) {
	var document, more yaml.Node
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	if err := decoder.Decode(&document); err != nil && !errors.Is(err, io.EOF) {
		return editable{}, errors.New("the text is not YAML: " + yamltext.Position(err))
	}
	// A line of a value that came to stand at the margin would be silently ignored.
	if err := decoder.Decode(&more); !errors.Is(err, io.EOF) {
		return editable{}, errors.New("the text goes on behind a line --- or ...; indent what belongs to a value")
	}
	if len(document.Content) != 1 || document.Content[0].Kind != yaml.MappingNode {
		return editable{}, errors.New("the text has to be lines of NAME: VALUE")
	}
	var e editable
	root := document.Content[0]
	seen := map[string]bool{}
	for i := 0; i+1 < len(root.Content); i += 2 {
		key, node := root.Content[i], root.Content[i+1]
		if seen[key.Value] {
			return editable{}, fmt.Errorf("line %d: %q stands there twice", key.Line, key.Value)
		}
		seen[key.Value] = true
		var err error
		switch {
		case key.Value == "description":
			var text vault.Bytes
			text, err = scalarBytes(node)
			e.description = string(text)
		case key.Value == "tags":
			var tags map[string]vault.Bytes
			tags, err = mappingBytes(node)
			for tag, value := range tags {
				if e.tags == nil {
					e.tags = map[string]string{}
				}
				e.tags[tag] = string(value)
			}
		case key.Value == "value" && kind == vault.Plaintext:
			e.value.Plain, err = scalarBytes(node)
		case key.Value == "fields" && kind != vault.Plaintext:
			e.value.Fields, err = mappingBytes(node)
		default:
			err = fmt.Errorf("line %d: %q is not known here", key.Line, key.Value)
		}
		if err != nil {
			return editable{}, err
		}
	}
	if want := map[bool]string{true: "value", false: "fields"}[kind == vault.Plaintext]; !seen[want] {
		return editable{}, fmt.Errorf("%q is missing", want)
	}
	return e, nil
}

func scalarBytes(node *yaml.Node) (vault.Bytes, error) {
	if node.Kind != yaml.ScalarNode {
		return nil, fmt.Errorf("line %d: there has to be one value here; quote it if it begins with [, {, & or *", node.Line)
	}
	if node.Tag == "!!binary" {
		var decoded string
		if err := node.Decode(&decoded); err != nil {
			return nil, fmt.Errorf("line %d: that is not base64", node.Line)
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
		return nil, fmt.Errorf("line %d: there have to be lines of NAME: VALUE here", node.Line)
	}
	values := map[string]vault.Bytes{}
	for i := 0; i+1 < len(node.Content); i += 2 {
		key, err := scalarBytes(node.Content[i])
		if err != nil {
			return nil, err
		}
		if _, twice := values[string(key)]; twice {
			return nil, fmt.Errorf("line %d: %q stands there twice", node.Content[i].Line, key)
		}
		if values[string(key)], err = scalarBytes(node.Content[i+1]); err != nil {
			return nil, err
		}
	}
	return values, nil
}

// editSession is a text in a directory of its own, where the editor's side files
// go as well.
type editSession struct {
	*app
	dir  string
	kept bool
}

func (a *app) newEditSession() (*editSession, error) {
	base, inMemory := a.memoryDir()
	if !inMemory {
		a.warnf("there is no memory-backed directory; the text goes to %s while you edit", base)
	}
	for _, dir := range leftoversOf(base, editPrefix) {
		if _, err := os.Stat(filepath.Join(dir, keptMark)); !errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if os.RemoveAll(dir) == nil {
			a.warnf("removed %s, which an interrupted edit had left", dir)
		}
	}
	dir, err := os.MkdirTemp(base, fmt.Sprintf("%s%d-", editPrefix, os.Getpid()))
	if err != nil {
		return nil, fmt.Errorf("making a place for the text: %w", err)
	}
	return &editSession{app: a, dir: dir}, nil
}

const editPrefix = "secret-edit-"

// leftoversOf finds directories named by a prefix and the process that made them,
// which was killed before it could remove them.
func leftoversOf(base, prefix string) []string {
	dirs, _ := filepath.Glob(filepath.Join(base, prefix+"*"))
	return slices.DeleteFunc(dirs, func(dir string) bool {
		var pid int
		_, err := fmt.Sscanf(filepath.Base(dir), prefix+"%d-", &pid)
		return err != nil || processExists(pid)
	})
}

const (
	keptMark = "kept"

	// maxEdited is the largest text that an editor may leave, in bytes: the largest value
	// with each byte escaped, and its description and tags.
	maxEdited = 8 * vault.MaxValueSize
)

func (s *editSession) path() string { return filepath.Join(s.dir, "secret.yaml") }

// keep leaves the text where it is and returns its path.
func (s *editSession) keep() string {
	s.kept = true
	_ = os.WriteFile(filepath.Join(s.dir, keptMark), nil, 0o600)
	return s.path()
}

// changed reports whether the editor saved another text.
func (s *editSession) changed(text []byte) bool {
	now, err := s.read()
	return err == nil && !bytes.Equal(now, text)
}

// read reads the text, which the editor may have replaced by anything.
func (s *editSession) read() ([]byte, error) { return durable.Read(s.path(), maxEdited) }

func (s *editSession) close() {
	if !s.kept {
		_ = os.RemoveAll(s.dir)
	}
}

// edit lets the person edit text until it makes sense or they give up.
func (s *editSession) edit(text []byte, kind vault.Kind, check func(editable) error) (editable, error) {
	if err := os.WriteFile(s.path(), text, 0o600); err != nil {
		return editable{}, fmt.Errorf("writing the text for the editor: %w", err)
	}
	for {
		if err := s.runEditor(s.path()); err != nil {
			return editable{}, err
		}
		edited, err := s.read()
		if err != nil {
			return editable{}, fmt.Errorf("reading the text back: %w", err)
		}
		if len(bytes.TrimSpace(edited)) == 0 {
			return editable{}, usagef("the text is empty; nothing was stored")
		}
		result, problem := decodeEditable(edited, kind)
		if problem == nil {
			// What else there may be is no matter of the text.
			if problem = check(result); !errors.Is(problem, vault.ErrInvalid) {
				return result, nil
			}
		}
		s.warnf("%v", problem)
		again, err := s.prompt.Confirm("Edit it again?")
		if errors.Is(err, prompt.ErrNoTerminal) || (err == nil && !again) {
			return editable{}, usagef("%v; nothing was stored", problem)
		}
		if err != nil {
			return editable{}, err
		}
	}
}

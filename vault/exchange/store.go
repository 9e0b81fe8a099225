package exchange

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"example.org/secret/vault"
	"example.org/secret/vault/dotenv"

	"gopkg.in/yaml.v3"
)

// Decrypter opens one file of a store.
type Decrypter func(path string, sealed []byte) ([]byte, error)

// ReadStore reads a store of the pass family: a directory whose files ending in
// extension hold a secret each. Links are not followed.
func ReadStore(store fs.FS, extension string, decrypt Decrypter, progress func(done int)) ([]Entry, error) {
	var entries []Entry
	err := fs.WalkDir(store, ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && strings.HasPrefix(path.Base(name), ".") && name != ".":
			return fs.SkipDir
		case !d.Type().IsRegular() || !strings.HasSuffix(name, extension):
			return nil
		}
		sealed, err := fs.ReadFile(store, name)
		if err != nil {
			return err
		}
		text, err := decrypt(name, sealed)
		if err != nil {
			return err
		}
		entries = append(entries, fromPass(strings.TrimSuffix(name, extension), text))
		progress(len(entries))
		return nil
	})
	if err != nil {
		return nil, err
	}
	if len(entries) == 0 {
		return nil, formatf("there are no files ending in %s in it", extension)
	}
	return entries, nil
}

// fromPass reads the text of an entry of pass: the password on the first line, then
// lines of name: value, or YAML below ---. The rest becomes the field notes. A text of
// another kind stays as it is, with the newline that a key in PEM needs at its end.
func fromPass(name string, text []byte) Entry {
	first, rest, _ := strings.Cut(string(text), "\n")
	if rest == "" {
		return plaintext(name, bytes.TrimSuffix(text, []byte("\n")))
	}
	first = strings.TrimSuffix(first, "\r")
	if isBlob(first, text) {
		return plaintext(name, text)
	}
	if strings.TrimSpace(rest) == "" {
		return plaintext(name, []byte(first))
	}
	fields := fieldSet{}
	fields.put("password", first)
	notes, isYAML := fields.putYAML(rest)
	if !isYAML {
		notes = fields.putLines(rest)
	}
	if len(fields) == 0 {
		return plaintext(name, text)
	}
	fields.put("notes", notes)
	nameUser(fields)
	return withFields(name, fields)
}

// isBlob reports whether a text is not a password with lines below it. It recognises
// binary texts, keys, JSON, scripts and settings, by their first line or as a whole.
func isBlob(first string, text []byte) bool {
	for _, prefix := range []string{"-----BEGIN", "#!", "# ", "<?xml"} {
		if strings.HasPrefix(first, prefix) {
			return true
		}
	}
	isSection := strings.HasPrefix(first, "[") && strings.HasSuffix(first, "]")
	isJSON := strings.ContainsAny(first, "{[") && json.Valid(text)
	variables, err := dotenv.Parse(string(text))
	isDotenv := err == nil && len(variables) > 1
	return isSection || isJSON || isDotenv || strings.Contains(first, ": ") || !utf8.Valid(text) ||
		bytes.ContainsFunc(text, func(r rune) bool { return unicode.IsControl(r) && !strings.ContainsRune("\t\r\n", r) })
}

// putLines adds the lines of name: value and returns the other lines unchanged, such as
// indented lines and keys in PEM.
func (f fieldSet) putLines(text string) string {
	_, hasPassword := f["password"]
	var notes []string
	isNote, inPEM := false, false
	for whole := range strings.Lines(text) {
		line := strings.TrimSpace(whole)
		if line == "" {
			notes = append(notes, whole)
			continue
		}
		key, value, _ := strings.Cut(line, ":")
		key, value = strings.TrimSpace(key), strings.TrimSpace(value)
		isPassword := strings.EqualFold(key, "password")
		inPEM = inPEM || strings.HasPrefix(line, "-----BEGIN")
		switch {
		case inPEM, isNote && whole[0] != line[0]:
			isNote = true
		case strings.HasPrefix(line, "otpauth://"):
			key, value, isNote = "totp", line, false
		default: // prose, an address, a heading, a second password
			isNote = !isPassKey(key) || strings.HasPrefix(value, "//") || value == "" || isPassword && hasPassword
		}
		inPEM = inPEM && !strings.HasPrefix(line, "-----END")
		if isNote {
			notes = append(notes, whole)
			continue
		}
		if isPassword {
			key = "password"
		}
		f.put(key, value)
	}
	return joinNotes(notes)
}

// isPassKey reports whether a word can be the name of a field. The marks of comments and
// lists cannot.
func isPassKey(key string) bool {
	first, _ := utf8.DecodeRuneInString(key)
	return (first == '_' || unicode.IsLetter(first) || unicode.IsDigit(first)) && fieldName(key) == key
}

// joinNotes leaves out blank lines at the ends, and the newline of a single line.
func joinNotes(lines []string) string {
	isBlank := func(line string) bool { return strings.TrimSpace(line) == "" }
	for len(lines) > 0 && isBlank(lines[0]) {
		lines = lines[1:]
	}
	for len(lines) > 0 && isBlank(lines[len(lines)-1]) {
		lines = lines[:len(lines)-1]
	}
	if len(lines) == 1 {
		return strings.TrimRight(lines[0], "\r\n")
	}
	return strings.Join(lines, "")
}

// putYAML adds the values of a flat map in YAML below --- and returns its comments. It
// returns the whole text if that is not a flat map.
func (f fieldSet) putYAML(text string) (notes string, isYAML bool) {
	mark, below, _ := strings.Cut(text, "\n")
	if strings.TrimRight(mark, " \r") != "---" {
		return "", false
	}
	tree, err := decodeYAML([]byte(below))
	if err != nil {
		return text, true
	}
	fields, ok := leaves(tree)
	for field := range fields {
		ok = ok && vault.CheckField(field) == nil && !strings.EqualFold(field, "password")
	}
	var root yaml.Node
	if !ok || yaml.Unmarshal([]byte(below), &root) != nil {
		return text, true
	}
	comments, ok := yamlComments(&root)
	if !ok {
		return text, true
	}
	maps.Copy(f, fields)
	return strings.Join(comments, "\n"), true
}

// yamlComments returns the comments in a flat map, and false if a node has a tag or an
// anchor, because a password may look like one.
func yamlComments(root *yaml.Node) (comments []string, ok bool) {
	pairs := root.Content[0]
	all := []string{root.HeadComment, pairs.HeadComment}
	ok = pairs.Anchor == ""
	for i := 0; i+1 < len(pairs.Content); i += 2 {
		key, value := pairs.Content[i], pairs.Content[i+1]
		for _, node := range []*yaml.Node{key, value} {
			ok = ok && node.Anchor == "" && strings.HasPrefix(node.Tag, "!!")
			all = append(all, node.HeadComment, node.LineComment)
		}
		all = append(all, value.FootComment, key.FootComment)
	}
	all = append(all, pairs.LineComment, pairs.FootComment, root.FootComment)
	return slices.DeleteFunc(all, func(comment string) bool { return comment == "" }), ok
}

// nameUser renames the field of the user's name to username.
func nameUser(fields map[string]vault.Bytes) {
	if _, ok := fields["username"]; ok {
		return
	}
	for _, also := range []string{"username", "user", "login", "email"} {
		for _, field := range slices.Sorted(maps.Keys(fields)) {
			if strings.EqualFold(field, also) {
				fields["username"] = fields[field]
				delete(fields, field)
				return
			}
		}
	}
}

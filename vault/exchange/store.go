package exchange

import (
	"bytes"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"example.org/secret/vault"
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

// fromPass reads a text as pass and its kin lay it out: the password on the first
// line, then lines of name: value, or YAML below ---. A text that is anything else
// stays as it is, to the newline that keys in PEM need at their end.
func fromPass(name string, text []byte) Entry {
	first, rest, _ := strings.Cut(string(text), "\n")
	if rest == "" {
		return plaintext(name, bytes.TrimSuffix(text, []byte("\n")))
	}
	fields, ok := passFields(rest)
	if below, isYAML := strings.CutPrefix(rest, "---\n"); isYAML {
		fields, ok = yamlFields(below)
	}
	if _, twice := fields["password"]; !ok || twice {
		return plaintext(name, text)
	}
	if first = strings.TrimSuffix(first, "\r"); first != "" {
		fields["password"] = vault.Bytes(first)
	}
	if len(fields) == 0 {
		return plaintext(name, text)
	}
	nameUser(fields)
	return withFields(name, fields)
}

// passFields reads lines of name: value.
func passFields(text string) (map[string]vault.Bytes, bool) {
	fields := map[string]vault.Bytes{}
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		key, value, ok := strings.Cut(line, ":")
		key = strings.TrimSpace(key)
		switch {
		case line == "":
			continue
		case strings.HasPrefix(line, "otpauth://"):
			key, value = "totp", line
		case !ok, strings.HasPrefix(value, "//"): // prose, or an address
			return nil, false
		}
		if _, twice := fields[key]; twice || vault.CheckField(key) != nil || strings.EqualFold(key, "password") {
			return nil, false
		}
		fields[key] = vault.Bytes(strings.TrimSpace(value))
	}
	return fields, true
}

func yamlFields(text string) (map[string]vault.Bytes, bool) {
	tree, err := decodeYAML([]byte(text))
	if err != nil {
		return nil, false
	}
	fields, ok := leaves(tree)
	for field := range fields {
		ok = ok && vault.CheckField(field) == nil
	}
	return fields, ok
}

// nameUser calls the user's name as our credentials have it.
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

package exchange

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"example.org/secret/vault"
)

// ErrFormat is returned for a file that is not of the format it was taken for,
// or of none that is known. The text says where and what; it holds no values.
var ErrFormat = errors.New("wrong format")

func formatf(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrFormat, fmt.Sprintf(format, args...))
}

// Entry is one secret on its way in or out.
type Entry struct {
	Name        string // as the other tool has it; see [MapName]
	Kind        vault.Kind
	Value       vault.Value
	Description string
	Tags        map[string]string
}

func plaintext(name string, value []byte) Entry {
	return Entry{Name: name, Kind: vault.Plaintext, Value: vault.Value{Plain: value}}
}

// withFields is a credential if it has what makes one, else pairs.
func withFields(name string, fields map[string]vault.Bytes) Entry {
	kind := vault.KV
	if _, ok := fields["password"]; ok && (fields["username"] != nil || fields["engine"] != nil) {
		kind = vault.Credential
	}
	return Entry{Name: name, Kind: kind, Value: vault.Value{Fields: fields}}
}

// MapName makes a secret's name of any text: what names cannot hold becomes a
// hyphen. It returns an error for a text of which nothing is left.
func MapName(prefix, text string) (vault.Name, error) {
	mapped := strings.Map(func(r rune) rune {
		if r < utf8.RuneSelf && vault.IsNameRune(r) {
			return r
		}
		return '-'
	}, strings.TrimSpace(text))
	if strings.Trim(mapped, "-/") == "" {
		return "", formatf("%q cannot be made a secret's name", text)
	}
	return vault.ParseName(prefix + mapped)
}

// AsPairs makes one kv secret of entries that are one value each, such as the
// lines of a .env file.
func AsPairs(name string, entries []Entry) (Entry, error) {
	fields := map[string]vault.Bytes{}
	for _, e := range entries {
		if e.Kind != vault.Plaintext {
			return Entry{}, formatf("%q has fields of its own and cannot be a field of %q", e.Name, name)
		}
		fields[e.Name] = e.Value.Plain
	}
	if len(fields) == 0 {
		return Entry{}, formatf("there is nothing in it")
	}
	return Entry{Name: name, Kind: vault.KV, Value: vault.Value{Fields: fields}}, nil
}

// fromTree makes entries of nested maps whose leaves are texts: a map of texts is
// a secret with fields, a map of maps a folder.
func fromTree(path string, node any) ([]Entry, error) {
	tree, isMap := node.(map[string]any)
	if !isMap {
		return []Entry{plaintext(path, []byte(node.(string)))}, nil
	}
	if fields, ok := leaves(tree); ok && path != "" {
		if len(fields) == 0 {
			return nil, formatf("%q is empty", path)
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

// leaves returns the members of a map if all of them are texts.
func leaves(tree map[string]any) (map[string]vault.Bytes, bool) {
	fields := map[string]vault.Bytes{}
	for key, value := range tree {
		text, ok := value.(string)
		if !ok {
			return nil, false
		}
		fields[key] = vault.Bytes(text)
	}
	return fields, true
}

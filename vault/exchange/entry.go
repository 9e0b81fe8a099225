package exchange

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	"example.org/secret/vault"
)

// ErrFormat is the error of a file that does not have the format it was read as, or has
// no known format. Its text says where the file is wrong, and holds no values.
var ErrFormat = errors.New("wrong format")

func formatf(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrFormat, fmt.Sprintf(format, args...))
}

// Entry is one secret on its way in or out.
type Entry struct {
	Name  string // as the other tool has it; see [MapName]
	Kind  vault.Kind
	Value vault.Value
	vault.Annotations
	Discarded bool     // it lies in the trash of the other tool
	Warnings  []string // for the user, on how it was read
}

func plaintext(name string, value []byte) Entry {
	return Entry{Name: name, Kind: vault.Plaintext, Value: vault.Value{Plain: value}}
}

// withFields returns a credential if the fields make one, else a kv secret.
func withFields(name string, fields map[string]vault.Bytes) Entry {
	kind := vault.KV
	if _, ok := fields["password"]; ok && (fields["username"] != nil || fields["engine"] != nil) {
		kind = vault.Credential
	}
	return Entry{Name: name, Kind: kind, Value: vault.Value{Fields: fields}}
}

// MapName makes a secret's name of any text. A text that is a name stays as it is. In
// others, letters of some scripts are written in ASCII, and characters that names cannot
// hold become a hyphen between those that they can. A part of which nothing is left
// becomes the codes of its characters. MapName returns an error for a text without
// anything to be seen.
func MapName(prefix, text string) (vault.Name, error) {
	if _, err := vault.ParseName(text); err == nil {
		return vault.ParseName(prefix + text)
	}
	var parts []string
	for part := range strings.SplitSeq(text, "/") {
		if part = mapPart(strings.TrimSpace(part)); part != "" {
			parts = append(parts, part)
		}
	}
	if len(parts) == 0 {
		return "", formatf("%q cannot be made a secret's name", text)
	}
	return vault.ParseName(prefix + strings.Join(parts, "/"))
}

func mapPart(part string) string {
	words := strings.FieldsFunc(transliterate(part), func(r rune) bool { return !vault.IsNameRune(r) })
	if mapped := strings.Join(words, "-"); strings.Trim(mapped, "-") != "" || part == "" {
		return mapped
	}
	var codes strings.Builder
	for _, r := range part {
		fmt.Fprintf(&codes, "u%04x", r)
	}
	return codes.String()
}

// KeepsLetters reports whether [MapName] keeps all letters and digits of a text.
func KeepsLetters(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool {
		return r >= utf8.RuneSelf && (unicode.IsLetter(r) || unicode.IsDigit(r))
	})
}

// AsPairs makes one kv secret of entries that are one value each, such as the
// lines of a .env file.
func AsPairs(name string, entries []Entry) (Entry, error) {
	fields := map[string]vault.Bytes{}
	for _, e := range entries {
		if e.Kind != vault.Plaintext {
			return Entry{}, formatf("%q has fields of its own and cannot be a field of %q", e.Name, name)
		}
		if _, twice := fields[e.Name]; twice {
			return Entry{}, formatf("%q stands there twice", e.Name)
		}
		fields[e.Name] = e.Value.Plain
	}
	if len(fields) == 0 {
		return Entry{}, formatf("there is nothing in it")
	}
	return Entry{Name: name, Kind: vault.KV, Value: vault.Value{Fields: fields}}, nil
}

// fieldSet collects the fields of a password manager's item, whose users may name
// several of them alike.
type fieldSet map[string]vault.Bytes

// put adds a field, under a name of its own and one that a field may have.
func (f fieldSet) put(name, value string) {
	if value == "" {
		return
	}
	name = fieldName(name)
	unique := name
	for n := 2; ; n++ {
		other, taken := f[unique]
		if !taken {
			break
		}
		if string(other) == value {
			return
		}
		unique = fmt.Sprintf("%s-%d", name, n)
	}
	f[unique] = vault.Bytes(value)
}

func fieldName(s string) string {
	s = strings.Join(strings.FieldsFunc(strings.ToValidUTF8(s, "?"), unicode.IsControl), " ")
	s = strings.TrimSpace(s)
	for vault.CheckField(s+"-999") != nil { // it is too long
		_, size := utf8.DecodeLastRuneInString(s)
		s = s[:len(s)-size]
	}
	if s == "" {
		return "field"
	}
	return s
}

// item makes an entry of a password manager's item. Notes become a field, or the value
// if there are no fields. They are no description, because they hold recovery codes and
// the like.
func (f fieldSet) item(name, notes string) Entry {
	f.put("notes", notes)
	if len(f) == 1 {
		for _, only := range []string{"notes", "password"} {
			if value, ok := f[only]; ok {
				return plaintext(name, value)
			}
		}
	}
	if len(f) == 0 {
		return plaintext(name, []byte{})
	}
	return withFields(name, f)
}

// title is a name for an item that has none.
func (f fieldSet) title() string {
	if u, err := url.Parse(string(f["url"])); err == nil && u.Hostname() != "" {
		return u.Hostname()
	}
	return "untitled"
}

// distinct adds the user or a number to names that are the same: in a password manager
// titles need not differ.
func distinct(entries []Entry) []Entry {
	count := map[string]int{}
	for _, e := range entries {
		count[e.Name]++
	}
	taken := map[string]bool{}
	for i, e := range entries {
		if user := e.Value.Fields["username"]; count[e.Name] > 1 && user != nil {
			e.Name += " " + strings.ReplaceAll(string(user), "/", " ")
		}
		name := e.Name
		for n := 2; taken[name]; n++ {
			name = fmt.Sprintf("%s %d", e.Name, n)
		}
		taken[name] = true
		entries[i].Name = name
	}
	return entries
}

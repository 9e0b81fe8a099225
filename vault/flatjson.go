package vault

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"
)

// A flat object is the text of a JSON object of one or more members, whose values are
// strings, numbers, booleans or null, and whose names are names of fields. The text is
// kept as it is; its members are read as fields.

// flatMember is one member in the text of a flat object.
type flatMember struct {
	name       string
	start, end int // of the whole member
	value      int // where its value begins
}

// flatMembers returns the members in their order, or false if text is no flat object.
func flatMembers(text string) ([]flatMember, bool) {
	if !utf8.ValidString(text) || !json.Valid([]byte(text)) {
		return nil, false
	}
	i := skipSpace(text, 0)
	if text[i] != '{' {
		return nil, false
	}
	var members []flatMember
	for i = skipSpace(text, i+1); text[i] != '}'; {
		m := flatMember{start: i}
		i = scalarEnd(text, i)
		m.name = stringIn(text[m.start:i])
		m.value = skipSpace(text, skipSpace(text, i)+1) // behind the colon
		if text[m.value] == '{' || text[m.value] == '[' || CheckField(m.name) != nil {
			return nil, false
		}
		m.end = scalarEnd(text, m.value)
		members = append(members, m)
		if i = skipSpace(text, m.end); text[i] == ',' {
			i = skipSpace(text, i+1)
		}
	}
	return members, len(members) > 0
}

func skipSpace(text string, i int) int {
	for strings.IndexByte(" \t\r\n", text[i]) >= 0 {
		i++
	}
	return i
}

// scalarEnd returns the end of the string, number or word that begins at i in valid JSON.
func scalarEnd(text string, i int) int {
	if text[i] != '"' {
		return i + strings.IndexAny(text[i:], ",} \t\r\n")
	}
	for i++; text[i] != '"'; i++ {
		if text[i] == '\\' {
			i++
		}
	}
	return i + 1
}

// stringIn returns the text of a JSON string.
func stringIn(quoted string) string {
	if !strings.Contains(quoted, `\`) {
		return quoted[1 : len(quoted)-1]
	}
	var text string
	_ = json.Unmarshal([]byte(quoted), &text) // it is valid
	return text
}

// fieldIn returns a value as a field: the text of a string, a number or a boolean as it is
// written, and nothing for null.
func fieldIn(value string) Bytes {
	switch {
	case value[0] == '"':
		return Bytes(stringIn(value))
	case value == "null":
		return Bytes{}
	}
	return Bytes(value)
}

// flatFields returns the members of a flat object as fields. The last of several members
// of one name counts.
func flatFields(text string) map[string]Bytes {
	members, _ := flatMembers(text)
	fields := make(map[string]Bytes, len(members))
	for _, m := range members {
		fields[m.name] = fieldIn(text[m.value:m.end])
	}
	return fields
}

// editFlat returns a flat object with other fields. Members whose field stays keep their
// text. It returns false if a field is binary, which JSON cannot hold.
func editFlat(text string, fields map[string]Bytes) (string, bool) {
	members, _ := flatMembers(text)
	last := map[string]int{}
	for i, m := range members {
		last[m.name] = i
	}
	var b strings.Builder
	b.WriteString(text[:members[0].start])
	written := false
	for i, m := range members {
		value, kept := fields[m.name]
		if !kept {
			continue
		}
		if written {
			b.WriteString(text[members[i-1].end:m.start])
		}
		written = true
		if before := text[m.value:m.end]; i != last[m.name] || string(fieldIn(before)) == string(value) {
			b.WriteString(text[m.start:m.end])
		} else {
			b.WriteString(text[m.start:m.value] + flatValue(value, before))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		if _, there := last[name]; there {
			continue
		}
		if written {
			b.WriteString(",")
		}
		written = true
		b.WriteString(quoted(Bytes(name)) + ":" + quoted(fields[name]))
	}
	b.WriteString(text[members[len(members)-1].end:])
	for _, value := range fields {
		if !utf8.Valid(value) {
			return "", false
		}
	}
	return b.String(), true
}

// flatValue returns a field as the value that takes the place of before: a number, a
// boolean or null may become a number or a boolean, and all else is a string. The text
// "null" is a string, because null is read as an empty field.
func flatValue(value Bytes, before string) string {
	isWord := len(value) > 0 && string(value) != "null" && strings.IndexByte("\"{[ \t\r\n", value[0]) < 0 &&
		json.Valid(value)
	if before[0] != '"' && isWord && scalarEnd(string(value)+"}", 0) == len(value) {
		return string(value)
	}
	return quoted(value)
}

// quoted returns a text as a JSON string.
func quoted(text Bytes) string {
	encoded, _ := text.MarshalJSON() // no text fails
	return string(encoded)
}

package exchange

import (
	"bytes"
	"encoding/csv"
	"io"
	"maps"
	"slices"
	"strings"

	"example.org/secret/vault"
)

// columns says what the columns of a password manager's CSV file are called, in
// lower case.
type columns struct {
	name, group string
	fields      map[string]string // column to field
	ignored     []string          // nil to ignore all others
}

func columnsOf(format Format) (columns, bool) {
	login := func(username, password, url, totp string) map[string]string {
		return map[string]string{username: "username", password: "password", url: "url", totp: "totp"}
	}
	switch format {
	case KeePassXC:
		return columns{name: "title", group: "group", fields: login("username", "password", "url", "totp")}, true
	case Bitwarden:
		return columns{name: "name", group: "folder", fields: login("login_username", "login_password", "login_uri", "login_totp")}, true
	case OnePassword:
		c := columns{name: "title", fields: login("username", "password", "url", "otpauth")}
		c.fields["website"], c.fields["urls"] = "url", "url" // it was called differently over the years
		c.ignored = []string{"title", "notes", "tags", "archived", "favorite"}
		return c, true
	}
	return columns{}, false
}

func detectCSV(text []byte) (Format, bool) {
	header, err := csv.NewReader(bytes.NewReader(text)).Read()
	if err != nil || len(header) < 2 {
		return "", false
	}
	has := map[string]bool{}
	for _, column := range header {
		has[strings.ToLower(strings.TrimSpace(column))] = true
	}
	switch {
	case has["login_password"]:
		return Bitwarden, true
	case has["title"] && has["group"] && has["password"]:
		return KeePassXC, true
	case has["title"] && has["password"]:
		return OnePassword, true
	case has["name"]:
		return CSV, true
	}
	return "", false
}

func parseCSV(format Format, data []byte) ([]Entry, error) {
	reader := csv.NewReader(bytes.NewReader(data))
	header, err := reader.Read()
	if err != nil {
		return nil, formatf("it has no line with the names of its columns")
	}
	known, isManager := columnsOf(format)
	seen := map[string]bool{}
	for i, column := range header {
		column = strings.TrimSpace(column)
		if lower := strings.ToLower(column); isManager || lower == "name" || lower == "value" || lower == "description" {
			column = lower
		}
		if seen[column] {
			return nil, formatf("the column %q stands there twice", column)
		}
		header[i], seen[column] = column, true
	}
	var entries []Entry
	for {
		row, err := reader.Read()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, formatf("record %d is not like the others: look at its quotes and commas", len(entries)+1)
		}
		cells := map[string]string{}
		for i, cell := range row {
			cells[header[i]] = cell
		}
		if isManager {
			entries = append(entries, known.item(cells))
			continue
		}
		line, _ := reader.FieldPos(0)
		if cells["name"] == "" {
			return nil, formatf("line %d has no name", line)
		}
		entries = append(entries, fromCells(cells, seen["value"]))
	}
	if isManager {
		return distinct(entries), nil
	}
	return entries, nil
}

// fromCells makes a secret of a line whose columns the user chose: value is the
// whole of it, each other column a field.
func fromCells(cells map[string]string, hasValue bool) Entry {
	fields := map[string]vault.Bytes{}
	for column, cell := range cells {
		if column != "name" && column != "description" && cell != "" {
			fields[column] = vault.Bytes(cell)
		}
	}
	entry := withFields(cells["name"], fields)
	if value, ok := fields["value"]; len(fields) == 0 || ok && len(fields) == 1 {
		entry = plaintext(cells["name"], append([]byte{}, value...))
		if !hasValue {
			entry.Value.Plain = []byte(cells["description"])
			return entry
		}
	}
	entry.Description = cells["description"]
	return entry
}

// item makes a secret of a line.
func (c columns) item(cells map[string]string) Entry {
	fields := fieldSet{}
	for _, column := range slices.Sorted(maps.Keys(cells)) {
		field, isField := c.fields[column]
		if !isField && c.ignored != nil && !slices.Contains(c.ignored, column) {
			field, isField = column, true
		}
		if isField {
			fields.put(field, cells[column])
		}
	}
	for line := range strings.Lines(cells["fields"]) { // Bitwarden's own fields
		if name, value, ok := strings.Cut(line, ":"); ok {
			fields.put(name, strings.TrimSpace(value))
		}
	}
	name := cells[c.name]
	if name == "" {
		name = fields.title()
	}
	group := strings.TrimPrefix(cells[c.group]+"/", "Root/") // KeePassXC's own
	entry := fields.item(strings.TrimPrefix(group+name, "/"), cells["notes"])
	entry.Discarded = strings.HasPrefix(group, "Recycle Bin/") && c.name == "title"
	entry.Tags = tagsOf(cells["tags"], cells["archived"] == "true")
	return entry
}

// tagsOf keeps what another tool has for tags, which there are words, as far as
// they fit into one of ours.
func tagsOf(words string, archived bool) map[string]string {
	tags := map[string]string{}
	if words != "" {
		tags["tags"] = strings.ToValidUTF8(words[:min(len(words), 256)], "")
	}
	if archived {
		tags["archived"] = "true"
	}
	if len(tags) == 0 {
		return nil
	}
	return tags
}

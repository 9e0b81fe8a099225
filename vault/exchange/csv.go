package exchange

import (
	"bytes"
	"encoding/csv"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"example.org/secret/vault"
)

// columns has the names of the columns in a password manager's CSV file, in lower
// case.
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
		return columns{
			name: "name", group: "folder",
			fields: login("login_username", "login_password", "login_uri", "login_totp"),
		}, true
	case OnePassword:
		c := columns{name: "title", fields: login("username", "password", "url", "otpauth")}
		c.fields["website"], c.fields["urls"] = "url", "url" // it was called differently over the years
		c.ignored = []string{"title", "notes", "tags", "archived", "favorite"}
		return c, true
	}
	return columns{}, false
}

// readHeader returns the names of the columns, and a reader of the lines below them.
// Excel separates by semicolons where numbers have commas.
func readHeader(data []byte) (reader *csv.Reader, header []string, err error) {
	for _, comma := range ",;\t," { // the last where there is but one column
		reader = csv.NewReader(bytes.NewReader(data))
		reader.Comma = comma
		if header, err = reader.Read(); len(header) > 1 {
			break
		}
	}
	return reader, header, err
}

// csvColumns returns the columns of a text in lower case, and nil if its first line
// is not a header of two or more.
func csvColumns(text []byte) map[string]bool {
	_, header, err := readHeader(text)
	if err != nil || len(header) < 2 || strings.HasPrefix(header[0], "#") { // a comment
		return nil
	}
	columns := map[string]bool{}
	for _, column := range header {
		columns[strings.ToLower(strings.TrimSpace(column))] = true
	}
	return columns
}

func parseCSV(format Format, data []byte) ([]Entry, error) {
	reader, header, err := readHeader(data)
	if err != nil {
		return nil, formatf("it has no line with the names of its columns")
	}
	known, isManager := columnsOf(format)
	seen := map[string]bool{}
	for i, column := range header {
		column = strings.TrimSpace(column)
		if lower := strings.ToLower(column); isManager || isOurs(lower) {
			column = lower
		}
		if seen[column] {
			return nil, formatf("the column %q stands there twice", column)
		}
		header[i], seen[column] = column, true
	}
	if !isManager && !seen["name"] && !isLogins(seen) {
		return nil, namelessError(header)
	}
	var entries []Entry
	for {
		row, err := reader.Read()
		if err == io.EOF {
			return distinct(entries), nil
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
			if cells["url"] == "" {
				return nil, formatf("line %d has no name", line)
			}
			cells["name"] = fieldSet{"url": vault.Bytes(cells["url"])}.title()
		}
		if seen["formActionOrigin"] {
			for _, column := range firefoxColumns() {
				delete(cells, column)
			}
		}
		entries = append(entries, fromCells(cells, seen["value"]))
	}
}

// isOurs reports whether a column has a meaning in our own format, in any spelling.
func isOurs(column string) bool {
	return slices.Contains([]string{"name", "value", "description", "url", "username", "password"}, column)
}

// isLogins reports whether a file has the passwords of a browser, which need no names.
func isLogins(columns map[string]bool) bool {
	return columns["url"] && columns["username"] && columns["password"]
}

// firefoxColumns have a meaning for Firefox only.
func firefoxColumns() []string {
	return []string{"formActionOrigin", "guid", "timeCreated", "timeLastUsed", "timePasswordChanged"}
}

// namelessError shows columns only by words that are common as their names: in a
// file without a header others may be values.
func namelessError(header []string) error {
	common := strings.Fields("account category comment description email group host id key label login note notes " +
		"password secret service site title token type uri url user username value variable website")
	var found []string
	for _, column := range header {
		if slices.Contains(common, strings.ToLower(column)) {
			found = append(found, strconv.Quote(column))
		}
	}
	if others := len(header) - len(found); others > 0 {
		found = append(found, strconv.Itoa(others)+" of other names")
	}
	hint := "; call one of them so"
	if len(header) == 1 {
		hint = "; columns are separated by commas, semicolons or tabs"
	}
	return formatf(`there is no column "name" in its first line, only %s%s`, strings.Join(found, ", "), hint)
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

// tagsOf returns the tags of another tool, which are words, as one tag. It cuts words
// off that do not fit.
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

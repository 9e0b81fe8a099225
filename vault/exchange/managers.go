package exchange

import (
	"archive/zip"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"io"
	"strings"

	"example.org/secret/vault"
)

// columns says what the columns of a CSV file are called, in lower case.
type columns struct {
	name, group string
	fields      map[string]string // column to field
	notes, tags string
}

func columnsOf(format Format) columns {
	login := func(username, password, url, totp string) map[string]string {
		return map[string]string{username: "username", password: "password", url: "url", totp: "totp"}
	}
	switch format {
	case KeePassXC:
		return columns{name: "title", group: "group", fields: login("username", "password", "url", "totp"), notes: "notes"}
	case Bitwarden:
		return columns{name: "name", group: "folder", fields: login("login_username", "login_password", "login_uri", "login_totp"), notes: "notes"}
	case OnePassword:
		return columns{name: "title", fields: login("username", "password", "url", "otpauth"), notes: "notes", tags: "tags"}
	}
	return columns{name: "name", notes: "description"}
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
	for i, column := range header {
		header[i] = strings.ToLower(strings.TrimSpace(column))
	}
	known := columnsOf(format)
	if format == OnePassword {
		for i, column := range header { // it was called differently over the years
			if column == "website" || column == "urls" {
				header[i] = "url"
			}
		}
	}
	var entries []Entry
	for {
		row, err := reader.Read()
		if err == io.EOF {
			return entries, nil
		}
		line, _ := reader.FieldPos(0)
		if err != nil {
			return nil, formatf("line %d is not like the others", line)
		}
		cells := map[string]string{}
		for i, cell := range row {
			cells[header[i]] = cell
		}
		entry, err := known.entry(cells)
		if err != nil {
			return nil, formatf("line %d: %v", line, err)
		}
		entries = append(entries, entry)
	}
}

// entry makes a secret of a line. Where the format leaves the columns open each
// of them is a field, and value is the whole.
func (c columns) entry(cells map[string]string) (Entry, error) {
	name := cells[c.name]
	if name == "" {
		return Entry{}, formatf("the column %s is empty", c.name)
	}
	if group := strings.Trim(strings.TrimPrefix(cells[c.group], "Root"), "/"); c.group != "" && group != "" {
		name = group + "/" + name
	}
	fields := map[string]vault.Bytes{}
	for column, cell := range cells {
		field, isField := c.fields[column]
		if c.fields == nil {
			field, isField = column, column != c.name && column != c.notes
		}
		if isField && cell != "" {
			fields[field] = vault.Bytes(cell)
		}
	}
	var entry Entry
	value, alone := fields["value"]
	switch {
	case alone && len(fields) == 1:
		entry = plaintext(name, value)
	case len(fields) == 0:
		entry = plaintext(name, []byte(cells[c.notes]))
		return entry, nil
	default:
		entry = withFields(name, fields)
	}
	entry.Description = cells[c.notes]
	if tags := cells[c.tags]; c.tags != "" && tags != "" {
		entry.Tags = map[string]string{"tags": tags}
	}
	return entry, nil
}

func parseBitwardenJSON(data []byte) ([]Entry, error) {
	var export struct {
		Encrypted bool
		Folders   []struct{ ID, Name string }
		Items     []struct {
			FolderID    string `json:"folderId"`
			Name, Notes string
			Login       *struct {
				Username, Password, TOTP string
				URIs                     []struct{ URI string }
			}
			Card, Identity map[string]any
			Fields         []struct{ Name, Value string }
		}
	}
	if err := json.Unmarshal(data, &export); err != nil {
		return nil, formatf("it is not an export of Bitwarden")
	}
	if export.Encrypted {
		return nil, formatf("it is encrypted; export it from Bitwarden as JSON without encryption")
	}
	folders := map[string]string{}
	for _, folder := range export.Folders {
		folders[folder.ID] = folder.Name + "/"
	}
	var entries []Entry
	for _, item := range export.Items {
		fields := map[string]vault.Bytes{}
		put := func(field, value string) {
			if field != "" && value != "" {
				fields[field] = vault.Bytes(value)
			}
		}
		if login := item.Login; login != nil {
			put("username", login.Username)
			put("password", login.Password)
			put("totp", login.TOTP)
			if len(login.URIs) > 0 {
				put("url", login.URIs[0].URI)
			}
		}
		for _, group := range []map[string]any{item.Card, item.Identity} {
			for field, value := range group {
				if text, ok := value.(string); ok {
					put(field, text)
				}
			}
		}
		for _, field := range item.Fields {
			put(field.Name, field.Value)
		}
		entries = append(entries, noteOrFields(folders[item.FolderID]+item.Name, fields, item.Notes))
	}
	return entries, nil
}

func noteOrFields(name string, fields map[string]vault.Bytes, notes string) Entry {
	if len(fields) == 0 {
		return plaintext(name, []byte(notes))
	}
	entry := withFields(name, fields)
	entry.Description = notes
	return entry
}

const maxExportData = 256 << 20

// parse1PUX reads 1Password's own export: a zip archive whose export.data is
// JSON. Attached files are not read.
func parse1PUX(data []byte) ([]Entry, error) {
	archive, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, formatf("it is not a 1PUX file")
	}
	file, err := archive.Open("export.data")
	if err != nil {
		return nil, formatf("it is not a 1PUX file: it has no export.data")
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, maxExportData+1))
	if err != nil || len(text) > maxExportData {
		return nil, formatf("its export.data cannot be read")
	}
	var export onePasswordExport
	if err := json.Unmarshal(text, &export); err != nil {
		return nil, formatf("its export.data is not what 1Password writes")
	}
	var entries []Entry
	for _, account := range export.Accounts {
		for _, v := range account.Vaults {
			for _, item := range v.Items {
				entries = append(entries, item.entry(v.Attrs.Name))
			}
		}
	}
	return entries, nil
}

type onePasswordExport struct {
	Accounts []struct {
		Vaults []struct {
			Attrs struct{ Name string }
			Items []onePasswordItem
		}
	}
}

type onePasswordItem struct {
	Overview struct {
		Title, URL string
		Tags       []string
	}
	Details struct {
		LoginFields []struct{ Value, Designation, Name string }
		NotesPlain  string
		Password    string
		Sections    []struct {
			Fields []struct {
				Title string
				Value map[string]json.RawMessage
			}
		}
	}
}

func (i onePasswordItem) entry(vaultName string) Entry {
	fields := map[string]vault.Bytes{}
	put := func(field, value string) {
		if field != "" && value != "" {
			fields[field] = vault.Bytes(value)
		}
	}
	put("password", i.Details.Password)
	for _, field := range i.Details.LoginFields {
		name := field.Designation
		if name == "" {
			name = field.Name
		}
		put(name, field.Value)
	}
	for _, section := range i.Details.Sections {
		for _, field := range section.Fields {
			for kind, raw := range field.Value {
				var text string
				if json.Unmarshal(raw, &text) != nil {
					continue
				}
				name := field.Title
				if kind == "totp" {
					name = "totp"
				}
				put(name, text)
			}
		}
	}
	put("url", i.Overview.URL)
	entry := noteOrFields(vaultName+"/"+i.Overview.Title, fields, i.Details.NotesPlain)
	if len(i.Overview.Tags) > 0 {
		entry.Tags = map[string]string{"tags": strings.Join(i.Overview.Tags, ",")}
	}
	return entry
}

package exchange

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"slices"
	"strings"
)

// maxExportData bounds the unpacked size of a small archive, in bytes.
const maxExportData = 64 << 20

// parse1PUX reads 1Password's own export: a zip archive whose export.data is JSON. It
// passes over all other files in it, such as attachments.
func parse1PUX(data []byte) ([]Entry, error) {
	text, err := exportData(data)
	if err != nil {
		return nil, err
	}
	var export onePasswordExport
	if err := json.Unmarshal(text, &export); err != nil {
		return nil, formatf("its export.data is not one of 1Password")
	}
	var entries []Entry
	for _, account := range export.Accounts {
		for _, v := range account.Vaults {
			for _, item := range v.Items {
				entry := item.entry()
				entry.Name = v.Attrs.Name + "/" + entry.Name
				entries = append(entries, entry)
			}
		}
	}
	return distinct(entries), nil
}

func exportData(data []byte) ([]byte, error) {
	archive, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, formatf("it is not a 1PUX file")
	}
	var found *zip.File
	for _, file := range archive.File {
		if file.Name != "export.data" {
			continue
		}
		if found != nil {
			return nil, formatf("export.data is in it twice")
		}
		found = file
	}
	if found == nil {
		return nil, formatf("it is not a 1PUX file: it has no export.data")
	}
	reader, err := found.Open()
	if err != nil {
		return nil, formatf("its export.data cannot be read")
	}
	defer reader.Close()
	text, err := io.ReadAll(io.LimitReader(reader, maxExportData+1))
	if err != nil || len(text) > maxExportData {
		return nil, formatf("its export.data cannot be read, or is larger than %d bytes", maxExportData)
	}
	return text, nil
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
	State    string
	Overview struct {
		Title, URL string
		URLs       []struct{ URL string }
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

func (i onePasswordItem) entry() Entry {
	fields := fieldSet{}
	fields.put("password", i.Details.Password)
	for _, field := range i.Details.LoginFields {
		if field.Designation != "" {
			fields.put(field.Designation, field.Value)
		}
	}
	for _, field := range i.Details.LoginFields {
		if field.Designation == "" { // a field of the web page that is no login
			fields.put(field.Name, field.Value)
		}
	}
	fields.put("url", i.Overview.URL)
	for _, u := range i.Overview.URLs {
		fields.put("url", u.URL)
	}
	for _, section := range i.Details.Sections {
		for _, field := range section.Fields {
			for _, kind := range slices.Sorted(maps.Keys(field.Value)) {
				fields.put1Password(field.Title, kind, field.Value[kind])
			}
		}
	}
	name := i.Overview.Title
	if name == "" {
		name = fields.title()
	}
	entry := fields.item(name, i.Details.NotesPlain)
	entry.Tags = tagsOf(strings.Join(i.Overview.Tags, ","), i.State == "archived")
	return entry
}

// put1Password adds the one value of a field, whose form depends on its kind: a
// text, a number such as that of a date, or an object such as an address.
func (f fieldSet) put1Password(title, kind string, raw json.RawMessage) {
	if kind == "totp" {
		title = kind
	}
	var value any
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	if decoder.Decode(&value) != nil {
		return
	}
	switch v := value.(type) {
	case string:
		f.put(title, v)
	case json.Number:
		f.put(title, v.String())
	case map[string]any:
		for _, member := range slices.Sorted(maps.Keys(v)) {
			text, ok := v[member].(string)
			switch {
			case !ok || kind == "file":
			case member == "email_address" || member == "privateKey":
				f.put(title, text)
			default:
				f.put(title+" "+member, text)
			}
		}
	}
}

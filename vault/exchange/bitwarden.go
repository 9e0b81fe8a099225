package exchange

import (
	"encoding/json"
	"maps"
	"slices"
)

type bitwardenItem struct {
	FolderID      string   `json:"folderId"`
	CollectionIDs []string `json:"collectionIds"`
	Name, Notes   string
	ArchivedDate  string `json:"archivedDate"`
	DeletedDate   string `json:"deletedDate"`
	Login         *struct {
		Username, Password, TOTP string
		URIs                     []struct{ URI string }
	}
	Card, Identity, SSHKey map[string]any
	Fields                 []struct{ Name, Value string }
}

func parseBitwardenJSON(data []byte) ([]Entry, error) {
	type group struct{ ID, Name string }
	var export struct {
		Encrypted            bool
		Folders, Collections []group
		Items                []bitwardenItem
	}
	if err := json.Unmarshal(data, &export); err != nil {
		return nil, formatf("it is not an export of Bitwarden")
	}
	if export.Encrypted {
		return nil, formatf("it is encrypted; export it from Bitwarden as JSON without encryption")
	}
	groups := map[string]string{}
	for _, g := range append(export.Folders, export.Collections...) {
		groups[g.ID] = g.Name + "/"
	}
	var entries []Entry
	for _, item := range export.Items {
		entry := item.entry()
		group := groups[item.FolderID]
		if group == "" && len(item.CollectionIDs) > 0 {
			group = groups[item.CollectionIDs[0]]
		}
		entry.Name = group + entry.Name
		entries = append(entries, entry)
	}
	return distinct(entries), nil
}

func (item bitwardenItem) entry() Entry {
	fields := fieldSet{}
	if login := item.Login; login != nil {
		fields.put("username", login.Username)
		fields.put("password", login.Password)
		fields.put("totp", login.TOTP)
		for _, u := range login.URIs {
			fields.put("url", u.URI)
		}
	}
	for _, part := range []map[string]any{item.Card, item.Identity, item.SSHKey} {
		for _, field := range slices.Sorted(maps.Keys(part)) {
			if text, ok := part[field].(string); ok {
				fields.put(field, text)
			}
		}
	}
	for _, field := range item.Fields {
		fields.put(field.Name, field.Value)
	}
	name := item.Name
	if name == "" {
		name = fields.title()
	}
	entry := fields.item(name, item.Notes)
	entry.Tags = tagsOf("", item.ArchivedDate != "")
	entry.Discarded = item.DeletedDate != ""
	return entry
}

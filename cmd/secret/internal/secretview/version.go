package secretview

import (
	"bytes"
	"fmt"
	"slices"
	"time"

	"example.org/secret/cmd/secret/internal/escape"
	"example.org/secret/cmd/secret/internal/picked"
	"example.org/secret/vault"
)

// version is the output of get and history for a version.
type version struct {
	Name    vault.Name             `json:"name"`
	Kind    vault.Kind             `json:"kind"`
	Version int                    `json:"version"`
	ID      string                 `json:"id"`
	Labels  []vault.Label          `json:"labels"`
	Created time.Time              `json:"created"`
	Origin  vault.Origin           `json:"origin"`
	From    int                    `json:"from,omitempty"`
	Field   string                 `json:"field,omitempty"`
	Value   *vault.Bytes           `json:"value,omitempty"`
	Fields  map[string]vault.Bytes `json:"fields,omitempty"`
}

func versionOf(s *vault.Secret, v vault.Version) version {
	labels := s.LabelsOf(v.Number)
	if labels == nil {
		labels = []vault.Label{}
	}
	return version{
		Name: s.Name, Kind: v.Kind, Version: v.Number, ID: v.ID, Labels: labels,
		Created: v.Created, Origin: v.Origin, From: v.From,
	}
}

// History prints the versions of a secret, the newest first.
func (v View) History(s *vault.Secret) error {
	versions := slices.Clone(s.Versions)
	slices.Reverse(versions)
	if v.AsJSON {
		entries := make([]version, len(versions))
		for i, of := range versions {
			entries[i] = versionOf(s, of)
		}
		return v.Out.JSON(entries)
	}
	rows := make([][]string, len(versions))
	for i, of := range versions {
		origin := string(of.Origin)
		if of.From != 0 {
			origin += fmt.Sprintf(" to %d", of.From)
		}
		rows[i] = []string{
			fmt.Sprint(of.Number), v.Out.Timestamp(of.Created), origin, JoinLabels(s.LabelsOf(of.Number)), of.ID,
		}
	}
	return v.Out.Table([]string{"VERSION", "CREATED", "ORIGIN", "LABELS", "ID"}, rows)
}

// Picked prints values as JSON, with the versions that they are of.
func (v View) Picked(found []picked.Value) error {
	var all []version
	for _, p := range found {
		entry := versionOf(p.Secret, p.Version)
		entry.Field = p.Field
		if p.IsWhole() {
			entry.Fields = p.Version.Fields
		} else {
			entry.Value = &p.Bytes
		}
		all = append(all, entry)
	}
	if len(all) == 1 {
		return v.Out.JSON(all[0])
	}
	return v.Out.JSON(all)
}

// change is the difference of one field. A plaintext value has no field.
type change struct {
	Field  string       `json:"field,omitempty"`
	Change string       `json:"change"` // added, removed or changed
	Old    *vault.Bytes `json:"old,omitempty"`
	New    *vault.Bytes `json:"new,omitempty"`
}

// Diff prints the fields that differ between two versions, and with reveal their values.
func (v View) Diff(s *vault.Secret, before, after vault.Version, reveal bool) error {
	changes := compare(before.Value, after.Value)
	if !reveal {
		for i := range changes {
			changes[i].Old, changes[i].New = nil, nil
		}
	}
	if v.AsJSON {
		return v.Out.JSON(struct {
			Name    vault.Name `json:"name"`
			From    int        `json:"from"`
			To      int        `json:"to"`
			Changes []change   `json:"changes"`
		}{s.Name, before.Number, after.Number, changes})
	}
	v.Out.Sayf("%s, version %d to version %d:\n", s.Name, before.Number, after.Number)
	for _, c := range changes {
		if err := v.Out.Printf("%s\n", c); err != nil {
			return err
		}
	}
	return nil
}

func compare(before, after vault.Value) []change {
	changes := []change{}
	if !bytes.Equal(before.Plain, after.Plain) {
		changes = append(changes, change{"", "changed", &before.Plain, &after.Plain})
	}
	for _, field := range before.Merged(after).FieldNames() {
		old, had := before.Fields[field]
		value, has := after.Fields[field]
		switch {
		case !had:
			changes = append(changes, change{field, "added", nil, &value})
		case !has:
			changes = append(changes, change{field, "removed", &old, nil})
		case !bytes.Equal(old, value):
			changes = append(changes, change{field, "changed", &old, &value})
		}
	}
	return changes
}

// String returns the line for a user.
func (c change) String() string {
	sign := map[string]string{"added": "+", "removed": "-", "changed": "~"}[c.Change]
	field := c.Field
	if field == "" {
		field = "value"
	}
	line := fmt.Sprintf("%s %s", sign, escape.Text(field))
	if c.Old != nil {
		line += fmt.Sprintf("\n    old: %s", escape.Text(string(*c.Old)))
	}
	if c.New != nil {
		line += fmt.Sprintf("\n    new: %s", escape.Text(string(*c.New)))
	}
	return line
}

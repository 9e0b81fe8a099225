// Package secretview prints secrets: listings, descriptions, histories, differences of versions, and values in their
// formats.
package secretview

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"example.org/secret/cmd/secret/internal/escape"
	"example.org/secret/cmd/secret/internal/names"
	"example.org/secret/cmd/secret/internal/output"
	"example.org/secret/vault"
)

// View prints for a user or, as JSON, for programs.
type View struct {
	Out    *output.Output
	AsJSON bool
}

// summary is the output of list, find and describe for a secret.
type summary struct {
	Name vault.Name `json:"name"`
	Kind vault.Kind `json:"kind"`
	vault.Annotations
	Created  time.Time           `json:"created"`
	Changed  time.Time           `json:"changed"`
	Key      string              `json:"key,omitempty"`
	Labels   map[vault.Label]int `json:"labels"`
	Deletion *vault.Deletion     `json:"deletion,omitempty"`
}

func summaryOf(s vault.Meta) summary {
	return summary{s.Name, s.Kind, s.Annotations, s.Created, s.Changed, s.Key, s.Labels, s.Deletion}
}

func (v View) summaries(listed []vault.Listed) error {
	entries := make([]summary, len(listed))
	for i, s := range listed {
		entries[i] = summaryOf(s.Meta())
	}
	return v.Out.JSON(entries)
}

// Names prints the names of secrets, a line each.
func (v View) Names(listed []vault.Listed) error {
	if v.AsJSON {
		return v.summaries(listed)
	}
	var lines strings.Builder
	for _, s := range listed {
		lines.WriteString(string(s.Name) + "\n")
	}
	return v.Out.Printf("%s", lines.String())
}

// Tree prints the names as a tree.
func (v View) Tree(listed []vault.Listed) error {
	all := make([]string, len(listed))
	for i, s := range listed {
		all[i] = string(s.Name)
	}
	return v.Out.Printf("%s", names.Tree(all))
}

// Found prints the names of secrets with the text that was searched.
func (v View) Found(listed []vault.Listed) error {
	if v.AsJSON {
		return v.summaries(listed)
	}
	rows := make([][]string, len(listed))
	for i := range listed {
		s := listed[i].Meta()
		rows[i] = []string{string(s.Name), FormatTags(s.Tags), s.Description}
	}
	return v.Out.Table([]string{"NAME", "TAGS", "DESCRIPTION"}, rows)
}

// Long prints a table of secrets.
func (v View) Long(listed []vault.Listed) error {
	found := make([]vault.Meta, len(listed))
	for i, s := range listed {
		found[i] = s.Meta()
	}
	head := []string{"NAME", "KIND", "VERSION", "CHANGED", "TAGS", "DESCRIPTION"}
	withKeys := slices.ContainsFunc(found, func(s vault.Meta) bool { return s.Key != "" })
	if withKeys {
		head = append(head, "KEY")
	}
	rows := make([][]string, len(found))
	for i, s := range found {
		changed := v.Out.Age(s.Changed)
		if s.Deletion != nil {
			changed = "deleted, gone on " + s.Deletion.Due.Format(time.DateOnly)
		}
		version := "none"
		if current, ok := s.Labels[vault.Current]; ok {
			version = fmt.Sprint(current)
		}
		rows[i] = []string{string(s.Name), string(s.Kind), version, changed, FormatTags(s.Tags), s.Description}
		if withKeys {
			rows[i] = append(rows[i], s.Key)
		}
	}
	return v.Out.Table(head, rows)
}

// FormatTags returns the pairs KEY=VALUE in the order of the keys.
func FormatTags(tags map[string]string) string {
	var pairs []string
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		pairs = append(pairs, key+"="+tags[key])
	}
	return strings.Join(pairs, " ")
}

// JoinLabels returns the labels with commas between them.
func JoinLabels(labels []vault.Label) string {
	words := make([]string, len(labels))
	for i, label := range labels {
		words[i] = string(label)
	}
	return strings.Join(words, ", ")
}

// description adds the parts that a listing does not have.
type description struct {
	summary
	ID       string          `json:"id"`
	Fields   []string        `json:"fields,omitempty"`
	Versions int             `json:"versions"`
	Rotation json.RawMessage `json:"rotation,omitempty"`
}

// Describe prints all that is known about a secret but its values.
func (v View) Describe(s *vault.Secret) error {
	current, err := s.Find(vault.Selector{})
	if err != nil && !errors.Is(err, vault.ErrNoValue) {
		return err
	}
	if v.AsJSON {
		return v.Out.JSON(description{summaryOf(s.Meta), s.ID, current.FieldNames(), len(s.Versions), s.Rotation})
	}
	count := "none; it has no value yet"
	if len(s.Versions) > 0 {
		count = fmt.Sprint(len(s.Versions))
	}
	lines := [][2]string{
		{"Name", string(s.Name)},
		{"Kind", string(s.Kind)},
		{"Description", s.Description},
		{"Tags", FormatTags(s.Tags)},
		{"Key", s.Key},
		{"Fields", strings.Join(current.FieldNames(), ", ")},
		{"Created", v.Out.Timestamp(s.Created)},
		{"Changed", v.Out.Timestamp(s.Changed)},
		{"Versions", count},
	}
	for _, version := range s.Versions {
		if labels := s.LabelsOf(version.Number); len(labels) > 0 {
			lines = append(lines, [2]string{fmt.Sprintf("  version %d", version.Number), JoinLabels(labels)})
		}
	}
	if s.Deletion != nil {
		lines = append(lines, [2]string{"Deletion", "on " + s.Deletion.Due.Format(time.DateOnly) + ", unless restored"})
	}
	for _, line := range lines {
		if line[1] == "" {
			continue
		}
		if err := v.Out.Printf("%-13s%s\n", line[0], escape.Text(line[1])); err != nil {
			return err
		}
	}
	return nil
}

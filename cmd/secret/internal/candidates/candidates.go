// Package candidates has the words that shell completion offers.
package candidates

import (
	"fmt"

	"example.org/secret/cmd/secret/internal/escape"
	"example.org/secret/cmd/secret/internal/secretview"
	"example.org/secret/vault"
)

// Names returns the names of secrets with their descriptions: of those that are scheduled for deletion, or of the
// others.
func Names(listed []vault.Listed, deleted bool) []string {
	var names []string
	for _, s := range listed {
		if s.Deleted != deleted {
			continue
		}
		name := string(s.Name)
		if about := s.Description(); about != "" {
			name += "\t" + escape.Text(about)
		}
		names = append(names, name)
	}
	return names
}

// Fields returns the fields of the current version.
func Fields(s *vault.Secret) []string {
	current, err := s.Find(vault.Selector{})
	if err != nil {
		return nil
	}
	return current.FieldNames()
}

// Versions returns the numbers of the versions with their origins, times and labels.
func Versions(s *vault.Secret) []string {
	var numbers []string
	for _, v := range s.Versions {
		about := string(v.Origin) + " " + v.Created.Local().Format("2006-01-02 15:04")
		if labels := s.LabelsOf(v.Number); len(labels) > 0 {
			about += ", " + secretview.JoinLabels(labels)
		}
		numbers = append(numbers, fmt.Sprintf("%d\t%s", v.Number, about))
	}
	return numbers
}

// Labels returns the labels.
func Labels(s *vault.Secret) []string {
	var labels []string
	for _, v := range s.Versions {
		for _, label := range s.LabelsOf(v.Number) {
			labels = append(labels, string(label))
		}
	}
	return labels
}

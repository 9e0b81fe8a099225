package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"example.org/secret/cmd/secret/internal/escape"
	"example.org/secret/vault"

	"github.com/spf13/cobra"
)

func newDescribeCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:               "describe NAME",
		Aliases:           []string{"info", "inspect"},
		Short:             "Tell what is known about a secret, except its value",
		Example:           "  secret describe prod/db\n  secret describe prod/db --json",
		Args:              argCount(1, 1),
		ValidArgsFunction: a.completeNames(1),
		RunE:              func(_ *cobra.Command, args []string) error { return a.runDescribe(args[0]) },
	}
	cmd.Flags().BoolVar(&a.jsonFlag, "json", false, "print JSON")
	return cmd
}

// descriptionJSON adds the parts that a listing does not have.
type descriptionJSON struct {
	summaryJSON
	ID       string          `json:"id"`
	Fields   []string        `json:"fields,omitempty"`
	Versions int             `json:"versions"`
	Rotation json.RawMessage `json:"rotation,omitempty"`
}

func (a *app) runDescribe(nameArg string) error {
	s, err := a.getSecretMeta(nameArg)
	if err != nil {
		return err
	}
	current, err := s.Find(vault.Selector{})
	if err != nil && !errors.Is(err, vault.ErrNoValue) {
		return err
	}
	if a.jsonFlag {
		return a.out.JSON(descriptionJSON{
			summaryJSON{s.Name, s.Kind, s.Annotations, s.Created, s.Changed, s.Key, s.Labels, s.Deletion},
			s.ID, current.FieldNames(), len(s.Versions), s.Rotation,
		})
	}
	lines := [][2]string{
		{"Name", string(s.Name)},
		{"Kind", string(s.Kind)},
		{"Description", s.Description},
		{"Tags", formatTags(s.Tags)},
		{"Key", s.Key},
		{"Fields", strings.Join(current.FieldNames(), ", ")},
		{"Created", a.out.Timestamp(s.Created)},
		{"Changed", a.out.Timestamp(s.Changed)},
		{"Versions", versionCount(s)},
	}
	for _, v := range s.Versions {
		if labels := s.LabelsOf(v.Number); len(labels) > 0 {
			lines = append(lines, [2]string{fmt.Sprintf("  version %d", v.Number), joinLabels(labels)})
		}
	}
	if s.Deletion != nil {
		lines = append(lines, [2]string{"Deletion", "on " + s.Deletion.Due.Format(time.DateOnly) + ", unless restored"})
	}
	for _, line := range lines {
		if line[1] == "" {
			continue
		}
		if err := a.out.Printf("%-13s%s\n", line[0], escape.Text(line[1])); err != nil {
			return err
		}
	}
	return nil
}

func versionCount(s *vault.Secret) string {
	if len(s.Versions) == 0 {
		return "none; it has no value yet"
	}
	return fmt.Sprint(len(s.Versions))
}

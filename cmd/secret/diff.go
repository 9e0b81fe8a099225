package main

import (
	"bytes"
	"fmt"

	"example.org/secret/cmd/secret/internal/escape"
	"example.org/secret/vault"

	"github.com/spf13/cobra"
)

func newDiffCommand(a *app) *cobra.Command {
	var reveal bool
	cmd := &cobra.Command{
		Use:   "diff NAME [VERSION [VERSION]]",
		Short: "Tell what changed between two versions",
		Long: `Tell which fields differ between two versions: by default the previous and the
current one; with one version, that and the current one. Values are shown only
with --reveal.`,
		Example: `  secret diff prod/db
  secret diff prod/db 2 5 --reveal`,
		Args:              argCount(1, 3),
		ValidArgsFunction: a.completeNameAndVersions,
		RunE:              func(_ *cobra.Command, args []string) error { return a.runDiff(reveal, args) },
	}
	cmd.Flags().BoolVar(&reveal, "reveal", false, "show the values")
	cmd.Flags().BoolVar(&a.jsonFlag, "json", false, "print JSON")
	return cmd
}

// change is the difference of one field. A plaintext value has no field.
type change struct {
	Field  string       `json:"field,omitempty"`
	Change string       `json:"change"` // added, removed or changed
	Old    *vault.Bytes `json:"old,omitempty"`
	New    *vault.Bytes `json:"new,omitempty"`
}

func (a *app) runDiff(reveal bool, args []string) error {
	selectors := []vault.Selector{{Label: vault.Previous}, {Label: vault.Current}}
	for i, arg := range args[1:] {
		var err error
		if selectors[i], err = parseVersionArg(arg); err != nil {
			return err
		}
	}
	s, err := a.getSecret(args[0])
	if err != nil {
		return err
	}
	if err := s.Deleted(); err != nil {
		return err
	}
	if _, ok := s.Labels[vault.Previous]; !ok && len(args) == 1 {
		return noPrevious(s, "diff")
	}
	before, err := s.Find(selectors[0])
	if err != nil {
		return err
	}
	after, err := s.Find(selectors[1])
	if err != nil {
		return err
	}
	changes := compareValues(before.Value, after.Value)
	if !reveal {
		for i := range changes {
			changes[i].Old, changes[i].New = nil, nil
		}
	}
	if a.jsonFlag {
		return a.out.JSON(struct {
			Name    vault.Name `json:"name"`
			From    int        `json:"from"`
			To      int        `json:"to"`
			Changes []change   `json:"changes"`
		}{s.Name, before.Number, after.Number, changes})
	}
	a.out.Sayf("%s, version %d to version %d:\n", s.Name, before.Number, after.Number)
	for _, c := range changes {
		if err := a.out.Printf("%s\n", c); err != nil {
			return err
		}
	}
	return nil
}

func compareValues(before, after vault.Value) []change {
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

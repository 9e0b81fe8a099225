package main

import (
	"fmt"
	"slices"

	"github.com/spf13/cobra"
)

func newHistoryCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "history NAME",
		Aliases: []string{"versions", "log"},
		Short:   "List the versions of a secret",
		Long:    "List the versions of a secret, the newest first, without their values.",
		Example: `  secret history prod/db
  secret history prod/db --json
  secret get prod/db --version 3`,
		Args:              argCount(1, 1),
		ValidArgsFunction: a.completeNames(1),
		RunE:              func(_ *cobra.Command, args []string) error { return a.runHistory(args[0]) },
	}
	cmd.Flags().BoolVar(&a.jsonFlag, "json", false, "print JSON")
	return cmd
}

func (a *app) runHistory(name string) error {
	s, err := a.getSecretMeta(name)
	if err != nil {
		return err
	}
	versions := slices.Clone(s.Versions)
	slices.Reverse(versions)
	if a.jsonFlag {
		entries := make([]versionJSON, len(versions))
		for i, v := range versions {
			entries[i] = describeVersion(s, v)
		}
		return a.out.JSON(entries)
	}
	rows := make([][]string, len(versions))
	for i, v := range versions {
		origin := string(v.Origin)
		if v.From != 0 {
			origin += fmt.Sprintf(" to %d", v.From)
		}
		rows[i] = []string{fmt.Sprint(v.Number), a.out.Timestamp(v.Created), origin, joinLabels(s.LabelsOf(v.Number)), v.ID}
	}
	return a.out.Table([]string{"VERSION", "CREATED", "ORIGIN", "LABELS", "ID"}, rows)
}

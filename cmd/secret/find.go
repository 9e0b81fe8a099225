package main

import (
	"strings"

	"example.org/secret/vault"

	"github.com/spf13/cobra"
)

func newFindCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "find WORD...",
		Aliases: []string{"search"},
		Short:   "Find secrets by words in their names, descriptions and tags",
		Long: `Find secrets whose name, description or tags hold all of the words, in upper or
lower case. Values are not searched.`,
		Example: `  secret find billing
  secret find prod postgres --json`,
		Args:              argCount(1, -1),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE:              func(_ *cobra.Command, words []string) error { return a.runFind(words) },
	}
	cmd.Flags().BoolVar(&a.jsonFlag, "json", false, "print JSON")
	return cmd
}

func (a *app) runFind(words []string) error {
	return a.listMatching(func(s vault.Summary) bool {
		text := strings.ToLower(string(s.Name) + "\n" + s.Description + "\n" + formatTags(s.Tags))
		for _, word := range words {
			if !strings.Contains(text, strings.ToLower(word)) {
				return false
			}
		}
		return s.Deletion == nil
	}, func(found []vault.Summary) error {
		if a.jsonFlag {
			return a.printSummariesJSON(found)
		}
		rows := make([][]string, len(found))
		for i, s := range found {
			rows[i] = []string{string(s.Name), formatTags(s.Tags), s.Description}
		}
		return a.printTable([]string{"NAME", "TAGS", "DESCRIPTION"}, rows)
	})
}

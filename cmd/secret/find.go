package main

import (
	"slices"
	"strings"

	"example.org/secret/cmd/secret/internal/secretview"
	"example.org/secret/cmd/secret/internal/usage"
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
		Args:              usage.Args(1, -1),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE:              func(_ *cobra.Command, words []string) error { return a.runFind(words) },
	}
	cmd.Flags().BoolVar(&a.jsonFlag, "json", false, "print JSON")
	return cmd
}

func (a *app) runFind(words []string) error {
	for i, word := range words {
		words[i] = strings.ToLower(word)
	}
	holds := func(text, word string) bool { return strings.Contains(strings.ToLower(text), word) }
	return a.listMatching(func(s vault.Listed) bool {
		return !s.Deleted && !slices.ContainsFunc(words, func(word string) bool {
			return !holds(string(s.Name), word) && !holds(s.Description(), word) && !holds(secretview.FormatTags(s.Tags()), word)
		})
	}, a.view().Found)
}

package main

import (
	"slices"
	"strings"
	"time"

	"example.org/secret/cmd/secret/internal/names"
	"example.org/secret/cmd/secret/internal/usage"
	"example.org/secret/vault"

	"github.com/spf13/cobra"
)

type listOptions struct {
	tags    []string
	kind    string
	sort    string
	reverse bool
	deleted bool
	tree    bool
	long    bool
}

func newListCommand(a *app) *cobra.Command {
	var o listOptions
	cmd := &cobra.Command{
		Use:     "list [PREFIX | GLOB]",
		Aliases: []string{"ls"},
		Short:   "List the secrets",
		Long: `List the names of the secrets, or more about them (--long). A glob such as
'prod/*' has to be quoted from the shell; its * stops at slashes, ** does not.`,
		Example: `  secret list
  secret ls prod/ --long
  secret list '*/db' --tag team=billing --kind credential
  secret list --tree
  secret list --json`,
		Args:              usage.Args(0, 1),
		ValidArgsFunction: a.completeNames(1),
		RunE: func(_ *cobra.Command, args []string) error {
			return a.runList(o, strings.Join(args, ""))
		},
	}
	flags := cmd.Flags()
	flags.StringArrayVar(&o.tags, "tag", nil, "only those with this tag, as KEY or `KEY=VALUE`")
	flags.StringVar(&o.kind, "kind", "", "only this kind: plaintext, kv or credential")
	flags.StringVar(&o.sort, "sort", "name", "by name, created or changed")
	flags.BoolVar(&o.reverse, "reverse", false, "the other way round")
	flags.BoolVar(&o.deleted, "deleted", false, "those that are scheduled for deletion instead")
	flags.BoolVar(&o.tree, "tree", false, "as a tree of names")
	flags.BoolVarP(&o.long, "long", "l", false, "with kind, version, age, tags and description")
	flags.BoolVar(&a.jsonFlag, "json", false, "print JSON")
	cmd.MarkFlagsMutuallyExclusive("tree", "long", "json")
	kinds := []string{"plaintext", "kv", "credential"}
	_ = cmd.RegisterFlagCompletionFunc("kind", cobra.FixedCompletions(kinds, noFiles))
	_ = cmd.RegisterFlagCompletionFunc("sort", cobra.FixedCompletions([]string{"name", "created", "changed"}, noFiles))
	return cmd
}

func (a *app) runList(o listOptions, pattern string) error {
	matches, err := names.Matcher(pattern)
	if err != nil {
		return err
	}
	if o.kind != "" {
		if _, err := vault.ParseKind(o.kind); err != nil {
			return err
		}
	}
	sort, err := listOrder(o.sort)
	if err != nil {
		return err
	}
	return a.listMatching(func(s vault.Listed) bool {
		return s.Deleted == o.deleted && matches(string(s.Name)) &&
			(o.kind == "" || string(s.Meta().Kind) == o.kind) && (len(o.tags) == 0 || hasTags(s.Meta().Tags, o.tags))
	}, func(found []vault.Listed) error {
		sort(found)
		if o.reverse {
			slices.Reverse(found)
		}
		switch {
		case o.tree:
			return a.view().Tree(found)
		case o.long:
			return a.view().Long(found)
		}
		return a.view().Names(found)
	})
}

// listOrder returns the function that sorts a listing, which is in the order of names.
func listOrder(by string) (sort func([]vault.Listed), err error) {
	byTime := func(timeOf func(vault.Meta) time.Time) func([]vault.Listed) {
		return func(found []vault.Listed) {
			slices.SortStableFunc(found, func(a, b vault.Listed) int {
				return timeOf(a.Meta()).Compare(timeOf(b.Meta()))
			})
		}
	}
	switch by {
	case "name":
		return func([]vault.Listed) {}, nil
	case "created":
		return byTime(func(s vault.Meta) time.Time { return s.Created }), nil
	case "changed":
		return byTime(func(s vault.Meta) time.Time { return s.Changed }), nil
	}
	return nil, usage.Errorf("unknown order %q; sort by name, created or changed", by)
}

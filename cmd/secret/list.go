package main

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

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
		Args:              argCount(0, 1),
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
	_ = cmd.RegisterFlagCompletionFunc("kind", cobra.FixedCompletions([]string{"plaintext", "kv", "credential"}, cobra.ShellCompDirectiveNoFileComp))
	_ = cmd.RegisterFlagCompletionFunc("sort", cobra.FixedCompletions([]string{"name", "created", "changed"}, cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

func (a *app) runList(o listOptions, pattern string) error {
	matches, err := nameMatcher(pattern)
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
		case a.jsonFlag:
			return a.printSummariesJSON(found)
		case o.tree:
			return a.printTree(found)
		case o.long:
			return a.printLong(found)
		}
		var names strings.Builder
		for _, s := range found {
			names.WriteString(string(s.Name) + "\n")
		}
		return a.printf("%s", names.String())
	})
}

// listMatching prints what matches, and only then fails because of files that
// could not be read.
func (a *app) listMatching(matches func(vault.Listed) bool, show func([]vault.Listed) error) error {
	v, err := a.openVault()
	if err != nil {
		return err
	}
	listing, err := a.list(v)
	if err != nil {
		return err
	}
	found := slices.DeleteFunc(listing.Secrets, func(s vault.Listed) bool { return !matches(s) })
	if err := show(found); err != nil {
		return err
	}
	return damage(listing)
}

// list lists the vault, and warns of secrets that are older than they were.
func (a *app) list(v *vault.Vault) (vault.Listing, error) {
	listing, err := v.List()
	for _, name := range listing.RolledBack {
		a.warnf("%s is older than it was: an earlier copy of its file came back; look at it, and store it anew if that is right", name)
	}
	return listing, err
}

// damage is the error of a listing that is not whole.
func damage(listing vault.Listing) error {
	switch damaged := listing.Damaged; len(damaged) {
	case 0:
		return nil
	case 1:
		return damaged[0]
	default:
		return fmt.Errorf("%s cannot be read, among them: %w", plural(len(damaged), "file"), damaged[0])
	}
}

// nameMatcher matches a glob, or else a prefix.
func nameMatcher(pattern string) (func(string) bool, error) {
	if !strings.ContainsAny(pattern, "*?[") {
		return func(name string) bool { return strings.HasPrefix(name, pattern) }, nil
	}
	if _, err := path.Match(pattern, ""); err != nil {
		return nil, usagef("%q is not a glob: %v", pattern, err)
	}
	parts := strings.Split(pattern, "/")
	return func(name string) bool { return matchParts(parts, strings.Split(name, "/")) }, nil
}

func matchParts(patterns, parts []string) bool {
	switch {
	case len(patterns) == 0:
		return len(parts) == 0
	case patterns[0] == "**":
		return matchParts(patterns[1:], parts) || (len(parts) > 0 && matchParts(patterns, parts[1:]))
	case len(parts) == 0:
		return false
	}
	ok, err := path.Match(patterns[0], parts[0])
	return ok && err == nil && matchParts(patterns[1:], parts[1:])
}

func hasTags(tags map[string]string, wanted []string) bool {
	for _, want := range wanted {
		key, value, withValue := strings.Cut(want, "=")
		if has, ok := tags[key]; !ok || (withValue && has != value) {
			return false
		}
	}
	return true
}

// listOrder returns the sorting of a listing, which is in the order of names.
func listOrder(by string) (sort func([]vault.Listed), err error) {
	byTime := func(timeOf func(vault.Meta) time.Time) func([]vault.Listed) {
		return func(found []vault.Listed) {
			slices.SortStableFunc(found, func(a, b vault.Listed) int { return timeOf(a.Meta()).Compare(timeOf(b.Meta())) })
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
	return nil, usagef("%q is no order; sort by name, created or changed", by)
}

func (a *app) printLong(listed []vault.Listed) error {
	found := metas(listed)
	head := []string{"NAME", "KIND", "VERSION", "CHANGED", "TAGS", "DESCRIPTION"}
	withKeys := slices.ContainsFunc(found, func(s vault.Meta) bool { return s.Key != "" })
	if withKeys {
		head = append(head, "KEY")
	}
	rows := make([][]string, len(found))
	for i, s := range found {
		changed := a.age(s.Changed)
		if s.Deletion != nil {
			changed = "deleted, gone on " + s.Deletion.Due.Format("2006-01-02")
		}
		rows[i] = []string{
			string(s.Name), string(s.Kind), fmt.Sprint(s.Labels[vault.Current]), changed, formatTags(s.Tags), s.Description,
		}
		if withKeys {
			rows[i] = append(rows[i], s.Key)
		}
	}
	return a.printTable(head, rows)
}

func formatTags(tags map[string]string) string {
	var pairs []string
	for _, key := range sortedKeys(tags) {
		pairs = append(pairs, key+"="+tags[key])
	}
	return strings.Join(pairs, " ")
}

func (a *app) printTree(found []vault.Listed) error {
	names := make([]string, len(found))
	for i, s := range found {
		names[i] = string(s.Name)
	}
	slices.SortFunc(names, func(a, b string) int {
		return slices.Compare(strings.Split(a, "/"), strings.Split(b, "/"))
	})
	var b strings.Builder
	writeTree(&b, names, "")
	return a.printf("%s", b.String())
}

// writeTree draws names, which are sorted by their parts, below an indentation. What stands
// before a slash is a branch.
func writeTree(b *strings.Builder, names []string, indent string) {
	for len(names) > 0 {
		branch, _, _ := strings.Cut(names[0], "/")
		count := 0
		var below []string
		isSecret := false
		for _, name := range names {
			rest, inside := strings.CutPrefix(name, branch+"/")
			if name == branch {
				isSecret = true
			} else if inside {
				below = append(below, rest)
			} else {
				break
			}
			count++
		}
		names = names[count:]
		joint, deeper := "├── ", "│   "
		if isSecret && len(below) > 0 {
			b.WriteString(indent + joint + branch + "\n")
		}
		if len(names) == 0 {
			joint, deeper = "└── ", "    "
		}
		if len(below) > 0 {
			branch += "/"
		}
		b.WriteString(indent + joint + branch + "\n")
		writeTree(b, below, indent+deeper)
	}
}

// summaryJSON is what list, find and describe print of a secret.
type summaryJSON struct {
	Name        vault.Name          `json:"name"`
	Kind        vault.Kind          `json:"kind"`
	Description string              `json:"description,omitempty"`
	Tags        map[string]string   `json:"tags,omitempty"`
	Created     time.Time           `json:"created"`
	Changed     time.Time           `json:"changed"`
	Key         string              `json:"key,omitempty"`
	Labels      map[vault.Label]int `json:"labels"`
	Deletion    *vault.Deletion     `json:"deletion,omitempty"`
}

func metas(listed []vault.Listed) []vault.Meta {
	all := make([]vault.Meta, len(listed))
	for i, s := range listed {
		all[i] = s.Meta()
	}
	return all
}

func (a *app) printSummariesJSON(listed []vault.Listed) error {
	found := metas(listed)
	entries := make([]summaryJSON, len(found))
	for i, s := range found {
		entries[i] = summaryJSON{s.Name, s.Kind, s.Description, s.Tags, s.Created, s.Changed, s.Key, s.Labels, s.Deletion}
	}
	return a.printJSON(entries)
}

package main

import (
	"fmt"

	"example.org/secret/cmd/secret/internal/usage"
	"example.org/secret/vault"

	"github.com/spf13/cobra"
)

type labelOptions struct {
	from   string
	remove bool
}

func newLabelCommand(a *app) *cobra.Command {
	var o labelOptions
	cmd := &cobra.Command{
		Use:   "label NAME [LABEL [VERSION]]",
		Short: "Show a secret's labels, or move one to another version",
		Long: `Without a version, show which labels a secret has on which versions. With one,
put a label on it. A label is on one version at most: one that sits elsewhere is
moved by saying from where.

Three labels are ours: current is the version that is handed out, previous the one
before, pending one that is not in use yet. Moving current moves previous to the
version that is left; current cannot be taken off.`,
		Example: `  secret label prod/db
  secret label prod/db blue 3
  secret label prod/db blue 4 --from 3
  secret label prod/db blue --remove
  secret label prod/db current 2 --from 5`,
		Args:              usage.Args(1, 3),
		ValidArgsFunction: a.completeLabelArgs,
		RunE:              func(_ *cobra.Command, args []string) error { return a.runLabel(o, args) },
	}
	cmd.Flags().StringVar(&o.from, "from", "", "the version that has the label now")
	cmd.Flags().BoolVar(&o.remove, "remove", false, "take the label off")
	cmd.Flags().BoolVar(&a.jsonFlag, "json", false, "print JSON")
	_ = cmd.RegisterFlagCompletionFunc("from", a.completeVersions)
	return cmd
}

func (a *app) runLabel(o labelOptions, args []string) error {
	switch {
	case len(args) == 1 && !o.remove && o.from == "":
		return a.showLabels(args[0])
	case len(args) < 2:
		return usage.Errorf("which label? usage: secret label NAME LABEL VERSION")
	case len(args) == 2 && !o.remove:
		return usage.Errorf("to which version? usage: secret label NAME LABEL VERSION, or --remove")
	case len(args) == 3 && o.remove:
		return usage.Errorf("--remove takes a label off and puts it on no version")
	}
	parse := parseNewLabel
	if o.remove {
		parse = vault.ParseLabel
	}
	label, err := parse(args[1])
	if err != nil {
		return err
	}
	_, err = a.updateSecretMeta(args[0], func(s *vault.Secret) error {
		if err := keepUnderWay(s, label); err != nil {
			return err
		}
		var to, from int
		if len(args) == 3 {
			if to, err = versionNumber(s, args[2]); err != nil {
				return err
			}
		}
		from = s.Labels[label]
		if o.from != "" {
			if from, err = versionNumber(s, o.from); err != nil {
				return err
			}
		} else if to != 0 && from != 0 && from != to {
			return usage.Errorf("the label %q of %q is on version %d; move it with --from %d", label, s.Name, from, from)
		}
		return s.MoveLabel(label, to, from)
	})
	return err
}

func (a *app) showLabels(name string) error {
	s, err := a.getSecretMeta(name)
	if err != nil {
		return err
	}
	if a.jsonFlag {
		return a.out.JSON(s.Labels)
	}
	var rows [][]string
	for _, v := range s.Versions {
		for _, label := range s.LabelsOf(v.Number) {
			rows = append(rows, []string{string(label), fmt.Sprint(v.Number)})
		}
	}
	return a.out.Table([]string{"LABEL", "VERSION"}, rows)
}

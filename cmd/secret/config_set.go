package main

import (
	"path/filepath"

	"github.com/spf13/cobra"
	"gopkg.in/yaml.v3"
)

func newConfigSetCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:               "set NAME VALUE",
		Short:             "Change a default in the configuration file",
		Example:           "  secret config set history 50",
		Args:              argCount(2, 2),
		ValidArgsFunction: completeSettings,
		RunE:              func(_ *cobra.Command, args []string) error { return a.runConfigSet(args[0], args[1]) },
	}
}

func (a *app) runConfigSet(name, value string) error {
	known, err := findSetting(name)
	if err != nil {
		return err
	}
	if err := known.apply(a.defaultSettings(), value); err != nil {
		return usagef("%s %v, not %q", name, err, value)
	}
	// Paths count from the folder of whoever types them, not of later readers.
	if known.isPath() {
		if value, err = filepath.Abs(a.expandHome(value)); err != nil {
			return err
		}
	}
	return a.changeConfig(func(root *yaml.Node) {
		node := scalarNode([]byte(value))
		if isVariableName("_" + value) {
			node.Tag = "" // a number or a truth needs no quotes here
		}
		for i := 0; i+1 < len(root.Content); i += 2 {
			if old := root.Content[i+1]; root.Content[i].Value == name {
				node.HeadComment, node.LineComment, node.FootComment = old.HeadComment, old.LineComment, old.FootComment
				root.Content[i+1] = node
				return
			}
		}
		root.Content = append(root.Content, scalarNode([]byte(name)), node)
	})
}

package main

import (
	"github.com/spf13/cobra"
	"gopkg.in/yaml.v3"
)

func newConfigUnsetCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:               "unset NAME",
		Short:             "Take a default out of the configuration file",
		Example:           "  secret config unset history",
		Args:              argCount(1, 1),
		ValidArgsFunction: completeSettings,
		RunE:              func(_ *cobra.Command, args []string) error { return a.runConfigUnset(args[0]) },
	}
}

func (a *app) runConfigUnset(name string) error {
	if _, err := findSetting(name); err != nil {
		return err
	}
	return a.changeConfig(func(root *yaml.Node) { removeEntry(root, name) })
}

func removeEntry(root *yaml.Node, name string) {
	for i := 0; i+1 < len(root.Content); i += 2 {
		if root.Content[i].Value == name {
			root.Content = append(root.Content[:i], root.Content[i+2:]...)
			return
		}
	}
}

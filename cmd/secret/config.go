package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"example.org/secret/vault/durable"

	"github.com/spf13/cobra"
	"gopkg.in/yaml.v3"
)

func newConfigCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "config",
		Short: "See and change your defaults",
		Long: `See and change your defaults. Each is a line of the configuration file
(config.yaml in the folder secret of your configuration directory) and an
environment variable, which comes first.`,
		Example: `  secret config
  secret config set password-length 40
  secret config unset password-length`,
		Args: unknownCommand,
		RunE: func(*cobra.Command, []string) error { return a.runConfigList() },
	}
	cmd.Flags().BoolVar(&a.jsonFlag, "json", false, "print JSON")
	complete := func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return settingNames(), noFiles
	}
	cmd.AddCommand(&cobra.Command{
		Use:               "get NAME",
		Short:             "Print one default",
		Example:           "  secret config get vault",
		Args:              argCount(1, 1),
		ValidArgsFunction: complete,
		RunE:              func(_ *cobra.Command, args []string) error { return a.runConfigGet(args[0]) },
	}, &cobra.Command{
		Use:               "set NAME VALUE",
		Short:             "Change a default in the configuration file",
		Example:           "  secret config set history 50",
		Args:              argCount(2, 2),
		ValidArgsFunction: complete,
		RunE:              func(_ *cobra.Command, args []string) error { return a.runConfigSet(args[0], args[1]) },
	}, &cobra.Command{
		Use:               "unset NAME",
		Short:             "Take a default out of the configuration file",
		Example:           "  secret config unset history",
		Args:              argCount(1, 1),
		ValidArgsFunction: complete,
		RunE:              func(_ *cobra.Command, args []string) error { return a.runConfigUnset(args[0]) },
	}, &cobra.Command{
		Use:     "path",
		Short:   "Print where the configuration file is",
		Example: "  $EDITOR \"$(secret config path)\"",
		Args:    noArgs,
		RunE: func(*cobra.Command, []string) error {
			path, err := a.configPath()
			if err != nil {
				return err
			}
			return a.printf("%s\n", path)
		},
	})
	return cmd
}

func findSetting(name string) (setting, error) {
	for _, s := range allSettings() {
		if s.name == name {
			return s, nil
		}
	}
	return setting{}, usagef("there is no setting %q; there are %s", name, strings.Join(settingNames(), ", "))
}

func (a *app) runConfigList() error {
	s, err := a.loadSettings()
	if err != nil {
		return err
	}
	values := map[string]string{}
	var rows [][]string
	for _, known := range allSettings() {
		values[known.name] = known.value(s)
		rows = append(rows, []string{known.name, known.value(s), known.env, known.about})
	}
	if a.jsonFlag {
		return a.printJSON(values)
	}
	return a.printTable([]string{"NAME", "VALUE", "VARIABLE", "MEANING"}, rows)
}

func (a *app) runConfigGet(name string) error {
	known, err := findSetting(name)
	if err != nil {
		return err
	}
	s, err := a.loadSettings()
	if err != nil {
		return err
	}
	return a.printf("%s\n", known.value(s))
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

// changeConfig rewrites the configuration file, with its comments.
func (a *app) changeConfig(change func(root *yaml.Node)) error {
	path, err := a.configPath()
	if err != nil {
		return err
	}
	if _, err := readConfig(path); err != nil {
		return err
	}
	document, err := readConfigDocument(path)
	if err != nil {
		return err
	}
	var comments []byte
	if document == nil {
		document = &yaml.Node{Kind: yaml.DocumentNode, Content: []*yaml.Node{{Kind: yaml.MappingNode}}}
		if comments, err = os.ReadFile(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("reading the configuration: %w", err)
		}
	}
	root := document.Content[0]
	root.Style &^= yaml.FlowStyle
	change(root)
	var text []byte
	if len(root.Content) > 0 {
		if text, err = encodeYAML(document); err != nil {
			return err
		}
	}
	if len(comments) > 0 && !bytes.HasSuffix(comments, []byte("\n")) {
		comments = append(comments, '\n')
	}
	return replaceConfig(path, append(comments, text...))
}

// replaceConfig writes through a symbolic link: people keep their dotfiles
// elsewhere.
func replaceConfig(path string, text []byte) error {
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target
	}
	if err := durable.Replace(path, text); err != nil {
		return fmt.Errorf("writing the configuration: %w", err)
	}
	return nil
}

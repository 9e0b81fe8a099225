package main

import (
	"example.org/secret/cmd/secret/internal/settings"
	"example.org/secret/cmd/secret/internal/usage"

	"github.com/spf13/cobra"
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
		Args: usage.UnknownCommand,
		RunE: func(*cobra.Command, []string) error { return a.runConfigList() },
	}
	cmd.Flags().BoolVar(&a.jsonFlag, "json", false, "print JSON")
	cmd.AddCommand(
		newConfigGetCommand(a), newConfigSetCommand(a), newConfigUnsetCommand(a), newConfigPathCommand(a))
	return cmd
}

func (a *app) runConfigList() error {
	s, err := a.loadSettings()
	if err != nil {
		return err
	}
	values := map[string]string{}
	var rows [][]string
	for _, known := range settings.All() {
		values[known.Name] = known.Value(s)
		rows = append(rows, []string{known.Name, known.Value(s), known.Env, known.About})
	}
	if a.jsonFlag {
		return a.out.JSON(values)
	}
	return a.out.Table([]string{"NAME", "VALUE", "VARIABLE", "MEANING"}, rows)
}

func completeSettings(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return settings.Names(), noFiles
}

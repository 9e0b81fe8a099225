package main

import (
	"strings"

	"example.org/secret/cmd/secret/internal/usage"

	"github.com/spf13/cobra"
)

func newRotationCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "rotation",
		Short: "Set up and watch the rotation of secrets",
		Long:  strings.TrimSuffix(rotationHelp, "\n"),
		Example: `  secret rotation rotator new postgres
  secret rotation enable prod/db --rotator postgres --every 30d
  secret rotation schedule install
  secret rotation status`,
		Args: usage.UnknownCommand,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newRotationEnableCommand(a), newRotationDisableCommand(a), newRotationStatusCommand(a),
		newRotationLogCommand(a), newRotationCancelCommand(a), newRotationScheduleCommand(a), newRotationRotatorCommand(a))
	return cmd
}

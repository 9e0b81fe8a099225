package main

import (
	"example.org/secret/cmd/secret/internal/usage"
	"example.org/secret/vault"

	"github.com/spf13/cobra"
)

func newRotationDisableCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "disable NAME",
		Short: "Stop rotating a secret",
		Long: `Stop rotating a secret. Its settings are kept for secret rotation enable. If a
rotation is in its grace, a later run still revokes the replaced value, unless
secret rotation cancel keeps it.`,
		Example:           "  secret rotation disable prod/db",
		Args:              usage.Args(1, 1),
		ValidArgsFunction: a.completeNames(1),
		RunE: func(_ *cobra.Command, args []string) error {
			name, err := vault.ParseName(args[0])
			if err != nil {
				return err
			}
			engine, _, err := a.newEngine()
			if err != nil {
				return err
			}
			return engine.Disable(name)
		},
	}
}

package main

import (
	"example.org/secret/cmd/secret/internal/usage"

	"github.com/spf13/cobra"
)

func newRotationScheduleRemoveCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:     "remove",
		Short:   "Remove the timer of this vault",
		Example: "  secret rotation schedule remove",
		Args:    usage.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			timer, err := a.newTimer()
			if err != nil {
				return err
			}
			return timer.Remove()
		},
	}
}

package main

import (
	"example.org/secret/cmd/secret/internal/usage"

	"github.com/spf13/cobra"
)

func newRotationScheduleShowCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:     "show",
		Short:   "Print the timer that install would install",
		Example: "  secret rotation schedule show",
		Args:    usage.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			timer, err := a.newTimer()
			if err != nil {
				return err
			}
			return a.out.Printf("%s", timer.Text())
		},
	}
}

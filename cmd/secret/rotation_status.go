package main

import (
	"example.org/secret/cmd/secret/internal/usage"
	"example.org/secret/rotate"

	"github.com/spf13/cobra"
)

func newRotationStatusCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "status [NAME]",
		Short: "Show when secrets are due, and why rotations failed",
		Long: `Show when secrets are due, and why rotations failed. A secret that is in
grace was rotated, and its previous value works until the time that is shown.`,
		Example: `  secret rotation status
  secret rotation status prod/db --json`,
		Args:              usage.Args(0, 1),
		ValidArgsFunction: a.completeNames(1),
		RunE:              func(_ *cobra.Command, args []string) error { return a.runRotationStatus(args) },
	}
	cmd.Flags().BoolVar(&a.jsonFlag, "json", false, "print JSON")
	return cmd
}

func (a *app) runRotationStatus(args []string) error {
	if len(args) == 1 {
		s, err := a.getSecretMeta(args[0])
		if err != nil {
			return err
		}
		status, err := rotate.StatusOf(s, a.now())
		if err != nil {
			return err
		}
		return a.rotationView().Statuses([]rotate.Status{status})
	}
	v, err := a.openVault()
	if err != nil {
		return err
	}
	listing, err := a.list(v)
	if err != nil {
		return err
	}
	statuses, err := rotate.StatusesOf(v, listing.Secrets, a.now())
	if err != nil {
		return err
	}
	if err := a.rotationView().Statuses(statuses); err != nil {
		return err
	}
	return damage(listing)
}

package main

import (
	"example.org/secret/cmd/secret/internal/output"
	"example.org/secret/rotate"
	"example.org/secret/vault"

	"github.com/spf13/cobra"
)

func newRotationStatusCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "status [NAME]",
		Short: "Show when secrets are due, and what went wrong",
		Long: `Show when secrets are due, and what went wrong. A secret that is in grace was
rotated, and its previous value works until the time that is shown.`,
		Example: `  secret rotation status
  secret rotation status prod/db --json`,
		Args:              argCount(0, 1),
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
		return a.printRotationStatuses([]rotate.Status{status})
	}
	v, err := a.openVault()
	if err != nil {
		return err
	}
	listing, err := a.list(v)
	if err != nil {
		return err
	}
	statuses, err := a.rotationStatuses(v, listing)
	if err != nil {
		return err
	}
	if err := a.printRotationStatuses(statuses); err != nil {
		return err
	}
	return damage(listing)
}

func (a *app) rotationStatuses(v *vault.Vault, listing vault.Listing) ([]rotate.Status, error) {
	statuses := []rotate.Status{}
	for _, listed := range listing.Secrets {
		if listed.Rotation() == "" || listed.Deleted {
			continue
		}
		s, err := v.GetMeta(listed.Name)
		if err != nil {
			return nil, err
		}
		status, err := rotate.StatusOf(s, a.now())
		if err != nil {
			return nil, err
		}
		statuses = append(statuses, status)
	}
	return statuses, nil
}

func (a *app) printRotationStatuses(statuses []rotate.Status) error {
	if a.jsonFlag {
		return a.out.JSON(statuses)
	}
	rows := make([][]string, len(statuses))
	for i, s := range statuses {
		next := output.FirstTime(s.Due, s.RetryAt)
		rows[i] = []string{string(s.Name), stateText(s), next, output.FirstTime(s.Rotated), s.Schedule, s.Reason}
	}
	header := []string{"NAME", "STATE", "NEXT", "ROTATED", "SCHEDULE", "REASON"}
	return a.out.PaintedTable(header, rows, func(row int) bool {
		return statuses[row].State == rotate.Overdue || statuses[row].State == rotate.Failing
	})
}

func stateText(s rotate.Status) string {
	if s.State == rotate.InGrace {
		return "in grace until " + output.FirstTime(s.FinishAt)
	}
	text := string(s.State)
	if s.Step != "" {
		text += " at " + string(s.Step)
	}
	if s.Failures > 0 {
		text += ", failed " + output.Plural(s.Failures, "time")
	}
	return text
}

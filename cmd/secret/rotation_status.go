package main

import (
	"fmt"
	"time"

	"example.org/secret/rotate"
	"example.org/secret/rotate/schedule"
	"example.org/secret/vault"

	"github.com/spf13/cobra"
)

func newRotationStatusCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "status [NAME]",
		Short: "Tell when secrets are due, and what went wrong",
		Example: `  secret rotation status
  secret rotation status prod/db --json`,
		Args:              argCount(0, 1),
		ValidArgsFunction: a.completeNames(1),
		RunE:              func(_ *cobra.Command, args []string) error { return a.runRotationStatus(args) },
	}
	cmd.Flags().BoolVar(&a.jsonFlag, "json", false, "print JSON")
	return cmd
}

// rotationStatus is one line of status.
type rotationStatus struct {
	Name     vault.Name  `json:"name"`
	State    string      `json:"state"` // waiting, due, overdue, unfinished, failing, disabled
	Due      *time.Time  `json:"due,omitempty"`
	RetryAt  *time.Time  `json:"retry_at,omitempty"`
	Rotated  *time.Time  `json:"rotated,omitempty"`
	Step     rotate.Step `json:"step,omitempty"`
	Failures int         `json:"failures,omitempty"`
	Reason   string      `json:"reason,omitempty"`
	Rotator  string      `json:"rotator"`
	Schedule string      `json:"schedule,omitempty"`
}

func (a *app) runRotationStatus(args []string) error {
	if len(args) == 1 {
		s, err := a.getSecretMeta(args[0])
		if err != nil {
			return err
		}
		status, err := a.rotationStatus(s)
		if err != nil {
			return err
		}
		return a.printRotationStatuses([]rotationStatus{status})
	}
	v, err := a.openVault()
	if err != nil {
		return err
	}
	listing, err := a.list(v)
	if err != nil {
		return err
	}
	statuses := []rotationStatus{}
	for _, summary := range listing.Secrets {
		if summary.Rotation == nil || summary.Deletion != nil {
			continue
		}
		s, err := v.GetMeta(summary.Name)
		if err != nil {
			return err
		}
		status, err := a.rotationStatus(s)
		if err != nil {
			return err
		}
		statuses = append(statuses, status)
	}
	if err := a.printRotationStatuses(statuses); err != nil {
		return err
	}
	return damage(listing)
}

func (a *app) rotationStatus(s *vault.Secret) (rotationStatus, error) {
	if err := s.Deleted(); err != nil {
		return rotationStatus{}, err
	}
	r, err := rotate.Of(s.Name, s.Rotation)
	if err != nil {
		return rotationStatus{}, err
	}
	due, err := r.Due(rotate.CurrentSince(s), a.now())
	if err != nil {
		return rotationStatus{}, fmt.Errorf("%q: %w", s.Name, err)
	}
	status := rotationStatus{
		Name: s.Name, State: rotationState(r, due, a.now()), Rotator: r.Rotator, Schedule: r.Schedule,
		Rotated: timeOrNil(r.Rotated),
	}
	if r.Run != nil {
		status.Step, status.Failures, status.Reason = r.Run.Step, r.Run.Failures, r.Run.Reason
		status.RetryAt = timeOrNil(r.Run.RetryAt)
	} else {
		status.Due = timeOrNil(due.Due)
	}
	return status, nil
}

func rotationState(r rotate.Rotation, due schedule.Status, now time.Time) string {
	switch {
	case !r.Enabled:
		return "disabled"
	case r.Run != nil && r.Run.Step == rotate.Finish:
		return "unfinished"
	case r.Run != nil && r.Run.Failures > 0:
		return "failing"
	case r.Run != nil:
		return "under way"
	case due.Missed:
		return "overdue"
	case !due.Due.IsZero() && due.Due.Before(now.Add(-overdueAfter)):
		return "overdue"
	case due.Rotate:
		return "due"
	}
	return "waiting"
}

// overdueAfter is when a timer that runs every hour must have been by.
const overdueAfter = 2 * time.Hour

func timeOrNil(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

func (a *app) printRotationStatuses(statuses []rotationStatus) error {
	if a.jsonFlag {
		return a.printJSON(statuses)
	}
	rows := make([][]string, len(statuses))
	for i, s := range statuses {
		state := s.State
		if s.Step != "" {
			state += " at " + string(s.Step)
		}
		if s.Failures > 0 {
			state += ", failed " + plural(s.Failures, "time")
		}
		rows[i] = []string{string(s.Name), state, a.orDash(s.Due, s.RetryAt), a.orDash(s.Rotated), s.Schedule, s.Reason}
	}
	return a.printPaintedTable([]string{"NAME", "STATE", "NEXT", "ROTATED", "SCHEDULE", "REASON"}, rows, func(row int) bool {
		return statuses[row].State == "overdue" || statuses[row].State == "failing"
	})
}

func (a *app) orDash(times ...*time.Time) string {
	for _, t := range times {
		if t != nil {
			return t.Local().Format("2006-01-02 15:04")
		}
	}
	return "-"
}

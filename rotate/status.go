package rotate

import (
	"fmt"
	"time"

	"example.org/secret/rotate/schedule"
	"example.org/secret/vault"
)

// State is the state of a secret's rotation, as people are shown it.
type State string

// The states.
const (
	Waiting  State = "waiting"
	Ready    State = "due"
	Overdue  State = "overdue"
	Running  State = "under way"
	Failing  State = "failing"
	InGrace  State = "in grace"   // rotated; the replaced value is still valid
	Finishes State = "unfinished" // rotated; finish has to be called
	Disabled State = "disabled"
)

// overdueAfter is the time within which a timer that runs every hour must have
// rotated a secret.
const overdueAfter = 2 * time.Hour

// Status describes the rotation of a secret at one moment.
type Status struct {
	Name     vault.Name `json:"name"`
	State    State      `json:"state"`
	Due      time.Time  `json:"due,omitzero"`
	RetryAt  time.Time  `json:"retry_at,omitzero"`
	FinishAt time.Time  `json:"finish_at,omitzero"` // the end of the grace
	Rotated  time.Time  `json:"rotated,omitzero"`
	Step     Step       `json:"step,omitempty"`
	Failures int        `json:"failures,omitempty"` // in a row
	Reason   string     `json:"reason,omitempty"`   // of the last failure
	Rotator  string     `json:"rotator"`
	Schedule string     `json:"schedule,omitempty"`
	Grace    int        `json:"grace,omitempty"` // in seconds
}

// StatusesOf returns the statuses of the secrets that have a rotation, without those
// that are scheduled for deletion.
func StatusesOf(v *vault.Vault, listed []vault.Listed, now time.Time) ([]Status, error) {
	statuses := []Status{}
	for _, l := range listed {
		if l.Rotation() == "" || l.Deleted {
			continue
		}
		s, err := v.GetMeta(l.Name)
		if err != nil {
			return nil, err
		}
		status, err := StatusOf(s, now)
		if err != nil {
			return nil, err
		}
		statuses = append(statuses, status)
	}
	return statuses, nil
}

// StatusOf returns the status of the rotation of s at now. The error is
// [ErrNotEnabled], [vault.ErrDamaged] or that of a secret which is scheduled for
// deletion.
func StatusOf(s *vault.Secret, now time.Time) (Status, error) {
	if err := s.Deleted(); err != nil {
		return Status{}, err
	}
	r, err := Of(s.Name, s.Rotation)
	if err != nil {
		return Status{}, err
	}
	due, err := r.Due(CurrentSince(s), now)
	if err != nil {
		return Status{}, fmt.Errorf("%q: %w", s.Name, err)
	}
	status := Status{
		Name: s.Name, State: r.State(due, now), Rotated: r.Rotated,
		Rotator: r.Rotator, Schedule: r.Schedule, Grace: r.Grace,
	}
	if r.Run == nil || r.Run.inGrace(now) {
		status.Due = due.Due
	}
	if r.Run != nil {
		status.Step, status.Failures, status.Reason = r.Run.Step, r.Run.Failures, r.Run.Reason
		status.RetryAt, status.FinishAt = r.Run.RetryAt, r.Run.FinishAt
	}
	return status, nil
}

// State returns the state of a rotation at now, with the answer of [Rotation.Due].
func (r Rotation) State(due schedule.Status, now time.Time) State {
	switch {
	case r.Run.inGrace(now):
		return InGrace
	case !r.Enabled && !r.Run.hasGrace():
		return Disabled
	case r.Run != nil && r.Run.Step == Finish:
		return Finishes
	case r.Run != nil && r.Run.Failures > 0:
		return Failing
	case r.Run != nil:
		return Running
	case due.Missed, !due.Due.IsZero() && due.Due.Before(now.Add(-overdueAfter)):
		return Overdue
	case due.Rotate:
		return Ready
	}
	return Waiting
}

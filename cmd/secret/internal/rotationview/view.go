// Package rotationview prints rotations: the plan of a run, its progress, and the state and the log of secrets.
package rotationview

import (
	"fmt"

	"example.org/secret/cmd/secret/internal/escape"
	"example.org/secret/cmd/secret/internal/output"
	"example.org/secret/rotate"
	"example.org/secret/vault"
)

// View prints for a user or, as JSON, for programs.
type View struct {
	Out    *output.Output
	AsJSON bool
}

// plan is a line of secret rotate --dry-run.
type plan struct {
	Name    vault.Name  `json:"name"`
	Step    rotate.Step `json:"step"`
	Rotator string      `json:"rotator"`
	Why     string      `json:"why"`
}

// Plan prints the rotations of a run, and their reasons.
func (v View) Plan(plans []rotate.Plan, when rotate.When) error {
	lines := make([]plan, len(plans))
	for i, p := range plans {
		lines[i] = plan{p.Name, p.Step, p.Rotator, v.reason(p)}
	}
	if v.AsJSON {
		return v.Out.JSON(lines)
	}
	for i, line := range lines {
		err := v.Out.Printf("%s would %s by %s, since %s\n",
			line.Name, action(plans[i], when), escape.Text(line.Rotator), line.Why)
		if err != nil {
			return err
		}
	}
	return nil
}

func action(p rotate.Plan, when rotate.When) string {
	switch {
	case when == rotate.Now && p.Reason == rotate.BecauseGrace:
		return "end its grace and be rotated"
	case p.Step != rotate.Create:
		return "go on at the step " + string(p.Step)
	}
	return "be rotated"
}

func (v View) reason(p rotate.Plan) string {
	switch p.Reason {
	case rotate.BecauseUnderWay:
		return fmt.Sprintf("a rotation that began %s is not done", v.Out.Timestamp(p.Since))
	case rotate.BecauseGrace:
		return "its grace ends at " + output.FirstTime(p.Since)
	case rotate.BecauseDue:
		return "it has been due since " + v.Out.Timestamp(p.Since)
	}
	return "it was asked for"
}

// Statuses prints the states of secrets.
func (v View) Statuses(statuses []rotate.Status) error {
	if v.AsJSON {
		return v.Out.JSON(statuses)
	}
	rows := make([][]string, len(statuses))
	for i, s := range statuses {
		next := output.FirstTime(s.Due, s.RetryAt)
		rows[i] = []string{string(s.Name), state(s), next, output.FirstTime(s.Rotated), s.Schedule, s.Reason}
	}
	header := []string{"NAME", "STATE", "NEXT", "ROTATED", "SCHEDULE", "REASON"}
	return v.Out.PaintedTable(header, rows, func(row int) bool {
		return statuses[row].State == rotate.Overdue || statuses[row].State == rotate.Failing
	})
}

func state(s rotate.Status) string {
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

// Log prints the log of a secret.
func (v View) Log(events []rotate.Event) error {
	if v.AsJSON {
		return v.Out.JSON(append([]rotate.Event{}, events...))
	}
	rows := make([][]string, len(events))
	for i, e := range events {
		about := e.Reason
		if e.Version != 0 {
			about = fmt.Sprintf("version %d", e.Version)
		}
		rows[i] = []string{v.Out.Timestamp(e.Time), string(e.Outcome), string(e.Step), about}
	}
	return v.Out.Table([]string{"TIME", "OUTCOME", "STEP", "REASON"}, rows)
}

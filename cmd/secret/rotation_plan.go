package main

import (
	"fmt"

	"example.org/secret/cmd/secret/internal/escape"
	"example.org/secret/cmd/secret/internal/output"
	"example.org/secret/rotate"
	"example.org/secret/vault"
)

// planJSON is a line of secret rotate --dry-run.
type planJSON struct {
	Name    vault.Name  `json:"name"`
	Step    rotate.Step `json:"step"`
	Rotator string      `json:"rotator"`
	Why     string      `json:"why"`
}

// printPlan prints the rotations of a run and their reasons.
func (a *app) printPlan(engine *rotate.Engine, names []vault.Name, when rotate.When) error {
	plans, err := engine.Plan(names, when)
	if err != nil {
		return err
	}
	lines := make([]planJSON, len(plans))
	for i, p := range plans {
		lines[i] = planJSON{p.Name, p.Step, p.Rotator, a.whyRotated(p)}
	}
	if a.jsonFlag {
		return a.out.JSON(lines)
	}
	for i, line := range lines {
		err := a.out.Printf("%s would %s by %s, since %s\n",
			line.Name, plannedAction(plans[i], when), escape.Text(line.Rotator), line.Why)
		if err != nil {
			return err
		}
	}
	return nil
}

func plannedAction(p rotate.Plan, when rotate.When) string {
	switch {
	case when == rotate.Now && p.Reason == rotate.BecauseGrace:
		return "end its grace and be rotated"
	case p.Step != rotate.Create:
		return "go on at the step " + string(p.Step)
	}
	return "be rotated"
}

func (a *app) whyRotated(p rotate.Plan) string {
	switch p.Reason {
	case rotate.BecauseUnderWay:
		return fmt.Sprintf("a rotation that began %s is not done", a.out.Timestamp(p.Since))
	case rotate.BecauseGrace:
		return "its grace ends at " + output.FirstTime(p.Since)
	case rotate.BecauseDue:
		return "it has been due since " + a.out.Timestamp(p.Since)
	}
	return "it was asked for"
}

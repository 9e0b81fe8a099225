package endpoint

import (
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"example.org/secret/cmd/secret/internal/endpoint/wire"
	"example.org/secret/rotate"
	"example.org/secret/rotate/schedule"
	"example.org/secret/vault"
)

type rotationRules struct {
	AutomaticallyAfterDays int    `json:",omitzero" check:"min=1,max=1000"`
	Duration               string `json:",omitzero" check:"min=2,max=3,pattern=duration"`
	ScheduleExpression     string `json:",omitzero" check:"min=1,max=256,pattern=schedule"`
}

// engine returns the engine of the call's vault.
func (c *call) engine() (*rotate.Engine, error) {
	if c.Engine == nil {
		return nil, wire.Errorf(wire.InvalidRequest, "This endpoint does not rotate secrets.")
	}
	engine := *c.Engine
	engine.Vault = c.vault
	return &engine, nil
}

const functionPart = ":function:"

// setLambda lets r call the rotator that an ARN of a function names. A rotator that r has under that name stays as it
// is, with its path and its arguments.
func setLambda(r *rotate.Rotation, arn string) error {
	_, function, ok := strings.Cut(arn, functionPart)
	function, _, _ = strings.Cut(function, ":") // without the function's version
	if !strings.HasPrefix(arn, "arn:") || !ok || function == "" {
		return wire.Errorf(wire.InvalidParameter,
			"The RotationLambdaARN must end in :function:NAME, where NAME is a rotator.")
	}
	r.Lambda = arn
	if functionOf(r.Rotator) != function {
		r.Rotator, r.Args = function, nil
	}
	return nil
}

// functionOf returns the name that a rotator has as a function.
func functionOf(rotator string) string {
	name := filepath.Base(rotator)
	return strings.TrimSuffix(name, filepath.Ext(name))
}

// lambdaOf returns the ARN that the rotator of r was given, or one made from its name.
func (c *call) lambdaOf(r rotate.Rotation) string {
	if r.Lambda != "" || r.Rotator == "" {
		return r.Lambda
	}
	return "arn:aws:lambda:" + c.Region + ":" + c.Account + functionPart + functionOf(r.Rotator)
}

// setRules gives r the schedule of an input.
func setRules(r *rotate.Rotation, rules rotationRules) error {
	switch {
	case rules.AutomaticallyAfterDays != 0 && rules.ScheduleExpression != "":
		return wire.Errorf(wire.InvalidParameter,
			"You cannot specify both rotation frequency and schedule expression together.")
	case rules.AutomaticallyAfterDays != 0:
		r.Schedule = fmt.Sprintf("%dd", rules.AutomaticallyAfterDays)
	case strings.HasPrefix(rules.ScheduleExpression, "rate("), strings.HasPrefix(rules.ScheduleExpression, "cron("):
		r.Schedule = rules.ScheduleExpression
	case rules.ScheduleExpression != "":
		return wire.Errorf(wire.InvalidParameter, "Invalid ScheduleExpression: it must be rate(…) or cron(…).")
	}
	r.Window, r.Timezone = rules.Duration, ""
	r.Rules = rotate.Rules{
		Days: rules.AutomaticallyAfterDays, Expression: rules.ScheduleExpression,
		Duration: rules.Duration,
	}
	if _, err := r.ParseSchedule(); err != nil {
		return wire.Errorf(wire.InvalidParameter, "Invalid RotationRules: %v.", err)
	}
	return nil
}

// describeRotation adds the rotation of a secret to its description.
func (c *call) describeRotation(d *description, r rotate.Rotation, current time.Time) {
	d.RotationEnabled = &r.Enabled
	d.RotationLambdaARN = c.lambdaOf(r)
	d.LastRotatedDate = wire.Time(r.Rotated)
	s, err := r.ParseSchedule()
	if err != nil || r.Schedule == "" {
		return
	}
	d.RotationRules = &rotationRules{
		AutomaticallyAfterDays: r.Rules.Days, ScheduleExpression: r.Rules.Expression,
		Duration: r.Rules.Duration,
	}
	if r.Rules == (rotate.Rules{}) {
		d.RotationRules.Duration = r.Window
		if strings.HasPrefix(r.Schedule, "rate(") || strings.HasPrefix(r.Schedule, "cron(") {
			d.RotationRules.ScheduleExpression = r.Schedule
		}
	}
	interval := intervalOf(s, c.Now())
	if d.RotationRules.AutomaticallyAfterDays == 0 && interval > 0 {
		d.RotationRules.AutomaticallyAfterDays = int((interval + 24*time.Hour - 1) / (24 * time.Hour))
	}
	if status, err := r.Due(current, c.Now()); r.Enabled && err == nil && !status.Due.IsZero() {
		d.NextRotationDate = wire.Time(latest(status, interval))
	}
}

// intervalOf returns the time between two rotations that come next, or 0.
func intervalOf(s schedule.Schedule, now time.Time) time.Duration {
	first, ok := s.Next(now)
	if !ok {
		return 0
	}
	second, ok := s.Next(first)
	if !ok {
		return 0
	}
	return second.Sub(first)
}

// latest returns the end of the window in which a secret is to be rotated. As with AWS a window without a length lasts
// an hour for schedules of hours, and else until the end of the day in UTC.
func latest(status schedule.Status, interval time.Duration) time.Time {
	switch {
	case !status.Closes.IsZero():
		return status.Closes
	case interval < 24*time.Hour:
		return status.Due.UTC().Truncate(time.Hour).Add(time.Hour)
	}
	return status.Due.UTC().Truncate(24 * time.Hour).Add(24*time.Hour - time.Second)
}

// rotationOf returns the rotation of a secret, which is empty if it was never set up.
func rotationOf(s *vault.Secret) rotate.Rotation {
	r, err := rotate.Of(s.Name, s.Rotation)
	if err != nil {
		return rotate.Rotation{}
	}
	return r
}

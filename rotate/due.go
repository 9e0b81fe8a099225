package rotate

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"example.org/secret/vault"
)

// Enabled returns the names of the secrets that have rotation enabled. It returns an
// error for each secret whose rotation cannot be read.
func Enabled(secrets []vault.Listed) (names []vault.Name, unreadable []error) {
	for _, s := range secrets {
		record := s.Rotation()
		if record == "" || s.Deleted {
			continue
		}
		r, err := Of(s.Name, json.RawMessage(record))
		if err != nil {
			unreadable = append(unreadable, err)
		}
		if r.Enabled {
			names = append(names, s.Name)
		}
	}
	return names, unreadable
}

// Due returns the names of the secrets that may be due at now. [Engine.Rotate] decides,
// because a value that was set by hand puts a rotation off. Due returns an error for
// each secret whose rotation cannot be read.
func Due(secrets []vault.Listed, now time.Time) (names []vault.Name, unreadable []error) {
	at := now.UTC().Format(time.RFC3339)
	for _, s := range secrets {
		record := s.Rotation()
		if record == "" || s.Deleted || idle(record, at) {
			continue
		}
		due, err := mayBeDue(s.Meta(), now)
		if err != nil {
			unreadable = append(unreadable, err)
		}
		if due {
			names = append(names, s.Name)
		}
	}
	return names, unreadable
}

func mayBeDue(s vault.Meta, now time.Time) (bool, error) {
	r, err := Of(s.Name, s.Rotation)
	if err != nil {
		return false, err
	}
	status, err := r.Due(s.Created, now)
	if err != nil {
		return false, fmt.Errorf("%q: %w", s.Name, err)
	}
	return status.Rotate, nil
}

// idle reports whether nothing is due at a time (RFC 3339, UTC), by the period that the
// record of a rotation names. An hourly run asks this of every secret: finding one member
// in the text is cheaper than decoding the rotation and its schedule. False means that the
// secret may be due.
func idle(record, at string) bool {
	_, rest, _ := strings.Cut(record, `"idle":"`)
	period, _, ended := strings.Cut(rest, `"`)
	from, until, ok := strings.Cut(period, "/")
	return ended && ok && from <= at && at < until
}

// idlePeriod returns a time in which [Rotation.Due] reports nothing, as FROM/UNTIL in
// whole seconds of UTC: up to the next rotation, the end of the grace or the next attempt.
// A wait that is longer than any begins with a wrong clock, and is no part of it. The
// period is empty if the secret may be due at any time.
func (r Rotation) idlePeriod() string {
	s, err := r.ParseSchedule()
	if err != nil {
		return ""
	}
	from, until := r.last(), time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)
	if next, ok := s.Next(from); ok && r.Enabled {
		until = earlier(until, next)
	}
	switch graced := r.Run.hasGrace(); {
	case !r.Enabled && !graced || r.Run == nil:
	case graced && !r.Run.RetryAt.After(r.Run.FinishAt):
		from, until = later(from, r.Run.FinishAt.Add(-r.grace())), earlier(until, r.Run.FinishAt)
	default:
		from, until = later(r.Run.FinishAt, r.Run.RetryAt.Add(-lastRetry)), r.Run.RetryAt
	}
	from = from.Add(time.Second - 1) // cut off below
	if !from.Before(until) {
		return ""
	}
	return from.UTC().Format(time.RFC3339) + "/" + until.UTC().Format(time.RFC3339)
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

func later(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}

// Reason says why a secret is rotated.
type Reason string

// The reasons.
const (
	BecauseAsked    Reason = "asked for"
	BecauseDue      Reason = "due"
	BecauseUnderWay Reason = "under way" // an earlier run began the rotation
	BecauseGrace    Reason = "in grace"  // an earlier rotation is to be finished
)

// Plan is the next step of one secret in a run.
type Plan struct {
	Name    vault.Name
	Step    Step // the first that would be called
	Rotator string
	Reason  Reason
	Since   time.Time // when it became due, the rotation began, or the grace ends
}

// Plan returns the steps that [Engine.RotateAll] would take. It changes nothing and calls no
// rotator.
func (e *Engine) Plan(names []vault.Name, when When) ([]Plan, error) {
	plans := []Plan{}
	for _, name := range names {
		s, err := notDeleted(e.Vault.GetMeta(name))
		if err != nil {
			return nil, err
		}
		r, err := Of(s.Name, s.Rotation)
		if err != nil {
			return nil, err
		}
		due, err := r.Due(CurrentSince(s), e.Now())
		if err != nil {
			return nil, fmt.Errorf("%q: %w", name, err)
		}
		p := Plan{Name: name, Step: Create, Rotator: r.Rotator, Reason: BecauseAsked}
		switch {
		case when == IfDue && !due.Rotate:
			continue
		case r.Run.hasGrace():
			p.Step, p.Reason, p.Since = Finish, BecauseGrace, r.Run.FinishAt
		case r.Run != nil:
			p.Step, p.Reason, p.Since = r.Run.Step, BecauseUnderWay, r.Run.Started
		case due.Rotate:
			p.Reason, p.Since = BecauseDue, due.Due
		}
		plans = append(plans, p)
	}
	return plans, nil
}

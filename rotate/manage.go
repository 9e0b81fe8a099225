package rotate

import (
	"context"
	"errors"
	"fmt"
	"time"

	"example.org/secret/vault"
)

// ErrNothingPending is returned by [Engine.Cancel] if no rotation is under way.
var ErrNothingPending = errors.New("no rotation is under way")

// Configure saves the rotation of a secret and enables it. A rotation that is under way
// stays under way.
func (e *Engine) Configure(name vault.Name, r Rotation) error {
	if _, err := r.ParseSchedule(); err != nil {
		return err
	}
	r.Enabled = true
	r.Since = e.Now().UTC().Truncate(time.Second)
	_, err := e.Vault.Update(name, func(s *vault.Secret) error {
		if err := s.Deleted(); err != nil {
			return err
		}
		if before, err := Of(s.Name, s.Rotation); err == nil {
			r.Run, r.Rotated = before.Run, before.Rotated
		}
		return r.Save(s)
	})
	return err
}

// Disable disables the rotation of a secret and keeps its settings. A later run still
// ends a grace.
func (e *Engine) Disable(name vault.Name) error {
	_, err := e.updateRotation(name, func(_ *vault.Secret, r *Rotation) error {
		if !r.Enabled {
			return vault.ErrUnchanged
		}
		r.Enabled = false
		return nil
	})
	return err
}

// Probe proves that the rotator r can log in with the current value of a secret, by its
// step test. It changes and saves nothing.
func (e *Engine) Probe(ctx context.Context, name vault.Name, r Rotation) error {
	s, err := notDeleted(e.Vault.Get(name))
	if err != nil {
		return err
	}
	current, err := s.Find(vault.Selector{})
	if err != nil {
		return err
	}
	return e.ProbeValue(ctx, s, r, current)
}

// ProbeValue is like [Engine.Probe], with version instead of the current one.
func (e *Engine) ProbeValue(ctx context.Context, s *vault.Secret, r Rotation, version vault.Version) error {
	a := &attempt{Engine: e, name: s.Name, secret: s, rotation: r, tested: map[int]error{}}
	return a.test(ctx, version)
}

// DefaultGrace asks the rotator of r how long the replaced value of s should stay valid,
// by the step describe. It is zero for a rotator that has no answer.
func (e *Engine) DefaultGrace(ctx context.Context, s *vault.Secret, r Rotation) (time.Duration, error) {
	current, err := s.Find(vault.Selector{})
	if err != nil {
		return 0, err
	}
	a := &attempt{Engine: e, name: s.Name, secret: s, rotation: r}
	output, err := a.call(ctx, Describe, current.ID, nil)
	if err != nil {
		return 0, err
	}
	grace, err := parseDescription(output)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", Describe, err)
	}
	return grace, nil
}

// SetGrace sets how long the replaced value stays valid. A grace must be whole seconds,
// and at most 30 days.
func (r *Rotation) SetGrace(grace time.Duration) error {
	if grace < 0 || grace > maxGrace || grace%time.Second != 0 {
		return vault.Errorf(vault.ErrInvalid, "a grace is whole seconds from 0s to %v, not %v", maxGrace, grace)
	}
	r.Grace = int(grace / time.Second)
	return nil
}

// Cancel ends the rotation that is under way; its value stays in the history. If the
// service may have that value already, Cancel first proves that the current one still
// works, and refuses to cancel unless it does. A rotation in its grace ends as it is:
// the replaced value stays valid.
func (e *Engine) Cancel(ctx context.Context, name vault.Name) error {
	return e.cancel(ctx, name, (*attempt).proveCurrent)
}

// CancelUntested is like [Engine.Cancel], but does not test the current value.
func (e *Engine) CancelUntested(ctx context.Context, name vault.Name) error {
	return e.cancel(ctx, name, func(*attempt, context.Context) error { return nil })
}

func (e *Engine) cancel(ctx context.Context, name vault.Name, prove func(*attempt, context.Context) error) error {
	a, unlock, err := e.begin(ctx, name)
	if err != nil {
		return err
	}
	defer unlock()
	if a.rotation.Run == nil {
		return fmt.Errorf("%q: %w", name, ErrNothingPending)
	}
	if a.rotation.Run.Called && a.rotation.Run.Step != Finish {
		if err := prove(a, ctx); err != nil {
			return err
		}
	}
	return a.commit(func(s *vault.Secret, r *Rotation) error {
		if r.Run == nil {
			return vault.ErrUnchanged
		}
		run := r.Run
		r.Run = nil
		if err := appendToLog(s, Event{Time: a.now(), Outcome: Cancelled, Step: run.Step}); err != nil {
			return err
		}
		return dropPending(s, run.Token)
	})
}

// proveCurrent tests that the service still accepts the current value.
func (a *attempt) proveCurrent(ctx context.Context) error {
	if err := a.checkAllowed(); err != nil {
		return err
	}
	a.tested = map[int]error{}
	current, err := a.secret.Find(vault.Selector{})
	if err != nil {
		return err
	}
	if err := a.test(ctx, current); err != nil {
		return fmt.Errorf("the rotation of %q was not cancelled, since the current value does not work "+
			"and the pending one may (%w); rotate again, or cancel with --force", a.name, err)
	}
	return nil
}

// updateRotation commits a change of a secret and its rotation.
func (e *Engine) updateRotation(name vault.Name, change func(*vault.Secret, *Rotation) error) (*vault.Secret, error) {
	return e.Vault.Update(name, func(s *vault.Secret) error {
		r, err := Of(s.Name, s.Rotation)
		if err != nil {
			return err
		}
		if err := change(s, &r); err != nil {
			return err
		}
		return r.Save(s)
	})
}

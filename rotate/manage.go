package rotate

import (
	"context"
	"errors"
	"fmt"
	"time"

	"example.org/secret/vault"
)

// ErrNothingPending is returned by [Engine.Cancel] where no rotation is under way.
var ErrNothingPending = errors.New("no rotation is under way")

// Configure saves how a secret is rotated, and turns rotation on. What is under
// way stays under way.
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

// Disable turns rotation off and keeps how it was set up.
func (e *Engine) Disable(name vault.Name) error {
	_, err := e.change(name, func(_ *vault.Secret, r *Rotation) error {
		if !r.Enabled {
			return vault.ErrUnchanged
		}
		r.Enabled = false
		return nil
	})
	return err
}

// Probe proves that the rotator r can log in with the current value of a secret,
// by its step test. Nothing is changed or saved.
func (e *Engine) Probe(ctx context.Context, name vault.Name, r Rotation) error {
	s, err := e.Vault.Get(name)
	if err != nil {
		return err
	}
	if err := s.Deleted(); err != nil {
		return err
	}
	current, err := s.Find(vault.Selector{})
	if err != nil {
		return err
	}
	return e.ProbeValue(ctx, s, r, current)
}

// ProbeValue is Probe for any value in the place of the current one.
func (e *Engine) ProbeValue(ctx context.Context, s *vault.Secret, r Rotation, version vault.Version) error {
	a := &attempt{Engine: e, name: s.Name, secret: s, rotation: r, tested: map[int]error{}}
	return a.test(ctx, version)
}

// Cancel gives the rotation under way up; its value stays in the history. Where
// the service may have taken that value already, Cancel first proves that the
// current one still works, and refuses otherwise, unless force is set.
func (e *Engine) Cancel(ctx context.Context, name vault.Name, force bool) error {
	a, unlock, err := e.begin(ctx, name)
	if err != nil {
		return err
	}
	defer unlock()
	run := a.rotation.Run
	if run == nil {
		return fmt.Errorf("%q: %w", name, ErrNothingPending)
	}
	if run.Called && run.Step != Finish && !force {
		if err := a.allowed(); err != nil {
			return err
		}
		a.tested = map[int]error{}
		current, err := a.secret.Find(vault.Selector{})
		if err != nil {
			return err
		}
		if err := a.test(ctx, current); err != nil {
			return fmt.Errorf("the rotation of %q goes on, since the current value does not work and the pending one may (%w); rotate again, or cancel with --force", name, err)
		}
	}
	_, err = e.change(name, func(s *vault.Secret, r *Rotation) error {
		if r.Run == nil {
			return vault.ErrUnchanged
		}
		step := r.Run.Step
		r.Run = nil
		if err := record(s, Event{Time: a.now(), Outcome: Cancelled, Step: step}); err != nil {
			return err
		}
		return dropPending(s, run.Token)
	})
	return err
}

// change commits a change of a secret and its rotation.
func (e *Engine) change(name vault.Name, change func(*vault.Secret, *Rotation) error) (*vault.Secret, error) {
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

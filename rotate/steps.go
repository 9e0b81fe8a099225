package rotate

import (
	"context"
	"errors"
	"fmt"
	"time"

	"example.org/secret/vault"
	"example.org/secret/vault/password"

	"github.com/google/uuid"
)

// start saves that a rotation begins, under the token that it keeps.
func (a *attempt) start() error {
	token, err := uuid.NewRandomFromReader(a.Rand)
	if err != nil {
		return err
	}
	return a.save(func(s *vault.Secret, r *Rotation) error {
		if err := nothingPending(s); err != nil {
			return err
		}
		r.Run = &Run{Token: token.String(), Step: Create, Started: a.now(), Base: s.Labels[vault.Current]}
		return nil
	})
}

// nothingPending refuses a label that somebody put there by hand.
func nothingPending(s *vault.Secret) error {
	if number, ok := s.Labels[vault.Pending]; ok {
		return fmt.Errorf("version %d was made pending by hand; take it back with: secret label %s pending --remove", number, s.Name)
	}
	return nil
}

// create saves the new value as pending before the service sees it.
func (a *attempt) create(ctx context.Context) error {
	output, err := a.call(ctx, Create, a.rotation.Run.Token, nil)
	if err != nil {
		return err
	}
	created, err := parseCreated(a.secret.Kind, output)
	if err != nil {
		return fmt.Errorf("create: %w", err)
	}
	value, err := a.pendingValue(created)
	if err != nil {
		return err
	}
	return a.update(func(s *vault.Secret, r *Rotation) error {
		if err := nothingPending(s); err != nil {
			return err
		}
		r.Run.Step, r.Run.Called = Set, false
		return s.Add(vault.NewVersion{
			ID: r.Run.Token, Kind: s.Kind, Value: value,
			Origin: vault.OriginRotate, Labels: []vault.Label{vault.Pending},
		})
	})
}

// pendingValue is the current value with what create printed, or with a new
// password where it left that to us.
func (a *attempt) pendingValue(created map[string]vault.Bytes) (vault.Value, error) {
	current, err := a.secret.Find(vault.Selector{})
	if err != nil {
		return vault.Value{}, err
	}
	field := "password"
	if a.secret.Kind == vault.Plaintext {
		field = "value"
	}
	_, printed := created[field]
	_, has := current.Fields[field]
	switch {
	case created == nil && a.secret.Kind == vault.KV && !has:
		return vault.Value{}, errors.New("create: it printed nothing, and there is no field password to make a new one for")
	case !printed && (created == nil || a.secret.Kind == vault.Credential):
		rules := a.rotation.Password
		if rules == (password.Rules{}) {
			rules = DefaultPassword()
		}
		generated, err := password.Generate(a.Rand, rules)
		if err != nil {
			return vault.Value{}, err
		}
		if created == nil {
			created = map[string]vault.Bytes{}
		}
		created[field] = vault.Bytes(generated)
	}
	if a.secret.Kind == vault.Plaintext {
		return vault.Value{Plain: created[field]}, nil
	}
	return current.Value.Merged(vault.Value{Fields: created}), nil
}

// set hands the pending value to the service. From the moment before the call it
// counts as perhaps applied.
func (a *attempt) set(ctx context.Context) error {
	if err := a.update(func(_ *vault.Secret, r *Rotation) error { r.Run.Called = true; return nil }); err != nil {
		return err
	}
	a.tested = map[int]error{} // set may change what the service accepts
	pending := a.pending()
	_, err := a.call(ctx, Set, pending.ID, fieldsOf(a.secret.Kind, pending.Value))
	var failed *StepError
	if errors.As(err, &failed) && failed.Refused {
		return a.replaceRefused(ctx, err)
	}
	if err != nil {
		return err
	}
	return a.update(func(_ *vault.Secret, r *Rotation) error { r.Run.Step = Test; return nil })
}

// replaceRefused gives a pending value up that the service refused, once it is
// proven that the current one works and this one does not.
func (a *attempt) replaceRefused(ctx context.Context, refusal error) error {
	current, err := a.secret.Find(vault.Selector{})
	if err != nil {
		return err
	}
	if a.refusals++; a.refusals > maxRefusals {
		return refusal
	}
	if a.test(ctx, current) != nil || a.test(ctx, a.pending()) == nil {
		return refusal
	}
	token, err := uuid.NewRandomFromReader(a.Rand)
	if err != nil {
		return err
	}
	return a.update(func(s *vault.Secret, r *Rotation) error {
		r.Run.Token, r.Run.Step, r.Run.Called = token.String(), Create, false
		return s.MoveLabel(vault.Pending, 0, s.Labels[vault.Pending])
	})
}

// findOut asks the service which value it accepts, after a step whose outcome is
// not known.
func (a *attempt) findOut(ctx context.Context) error {
	if a.test(ctx, a.pending()) == nil {
		return a.promote()
	}
	for _, label := range []vault.Label{vault.Current, vault.Previous} {
		version, err := a.secret.Find(vault.Selector{Label: label})
		if err != nil {
			continue
		}
		if a.test(ctx, version) == nil {
			return a.update(func(_ *vault.Secret, r *Rotation) error { r.Run.Step = Set; return nil })
		}
	}
	if ctx.Err() != nil {
		return errors.New("interrupted while testing which value works")
	}
	return fmt.Errorf("%w: %w", ErrLockedOut, a.tested[a.pending().Number])
}

// promote moves the labels. Only a value that was tested gets here.
func (a *attempt) promote() error {
	return a.update(func(s *vault.Secret, r *Rotation) error {
		pending := s.Labels[vault.Pending]
		if err := s.MoveLabel(vault.Current, pending, s.Labels[vault.Current]); err != nil {
			return err
		}
		if err := s.MoveLabel(vault.Pending, 0, pending); err != nil {
			return err
		}
		r.Rotated = a.now()
		r.Run.Step, r.Run.Failures, r.Run.Reason, r.Run.RetryAt = Finish, 0, "", time.Time{}
		return nil
	})
}

// finish lets the rotator clean up what the rotation replaced, unless the labels
// have moved on since.
func (a *attempt) finish(ctx context.Context) error {
	run := a.rotation.Run
	current, err := a.secret.Find(vault.Selector{})
	if err != nil {
		return err
	}
	if current.ID == run.Token && a.secret.Labels[vault.Previous] == run.Base {
		if _, err := a.call(ctx, Finish, run.Token, nil); err != nil {
			return err
		}
	}
	return a.update(func(s *vault.Secret, r *Rotation) error {
		r.Run = nil
		return record(s, Event{Time: a.now(), Outcome: Rotated, Version: current.Number})
	})
}

// test proves that the service accepts a version's value.
func (a *attempt) test(ctx context.Context, version vault.Version) error {
	if err, known := a.tested[version.Number]; known {
		return err
	}
	_, err := a.call(ctx, Test, version.ID, fieldsOf(a.secret.Kind, version.Value))
	a.tested[version.Number] = err
	return err
}

// call calls the rotator with the versions as they are labelled, but for those
// that are given as pending.
func (a *attempt) call(ctx context.Context, step Step, token string, pending map[string]vault.Bytes) ([]byte, error) {
	s, r := a.secret, a.rotation
	c := Call{
		Rotator: r.Rotator, Args: r.Args, Timeout: r.timeout(),
		Step: step, ID: s.ID, Name: s.Name, Token: token, Kind: s.Kind, Tags: s.Tags, Pending: pending, Inherit: a.inherit,
	}
	for label, fields := range map[vault.Label]*map[string]vault.Bytes{
		vault.Current: &c.Current, vault.Previous: &c.Previous,
	} {
		if version, err := s.Find(vault.Selector{Label: label}); err == nil {
			*fields = fieldsOf(s.Kind, version.Value)
		}
	}
	admin, err := a.admin(c.Current)
	if err != nil {
		return nil, err
	}
	c.Admin = admin
	return a.Call(ctx, c)
}

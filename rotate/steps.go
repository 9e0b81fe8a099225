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

// start saves that a rotation begins, with its token.
func (a *attempt) start(token string) error {
	return a.commit(func(s *vault.Secret, r *Rotation) error {
		if err := checkNothingPending(s); err != nil {
			return err
		}
		r.Run = &Run{Token: token, Step: Create, Started: a.now(), Base: s.Labels[vault.Current]}
		return nil
	})
}

// checkNothingPending refuses a secret whose label pending was set by hand.
func checkNothingPending(s *vault.Secret) error {
	if number, ok := s.Labels[vault.Pending]; ok {
		return fmt.Errorf("version %d was made pending by hand; take it back with: secret label %s pending --remove",
			number, s.Name)
	}
	return nil
}

// create makes a new value, and saves it as pending before the service gets it.
func (a *attempt) create(ctx context.Context) error {
	output, err := a.call(ctx, Create, a.rotation.Run.Token, nil)
	if err != nil {
		return err
	}
	if stored, err := a.storedItself(); stored || err != nil {
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
	return a.commitIfOurs(func(s *vault.Secret, r *Rotation) error {
		if err := checkNothingPending(s); err != nil {
			return err
		}
		r.Run.Step, r.Run.Called = Set, false
		return s.Add(vault.NewVersion{
			ID: r.Run.Token, Kind: s.Kind, Value: value,
			Origin: vault.OriginRotate, Labels: []vault.Label{vault.Pending},
		})
	})
}

// storedItself reports whether the rotator has stored the pending version itself, through
// AWS's API, and takes it for the new value.
func (a *attempt) storedItself() (bool, error) {
	stored := false
	err := a.commitIfOurs(func(s *vault.Secret, r *Rotation) error {
		pending, err := s.Find(vault.Selector{Label: vault.Pending})
		if stored = err == nil && pending.ID == r.Run.Token; !stored {
			return vault.ErrUnchanged
		}
		r.Run.Step, r.Run.Called = Set, false
		return nil
	})
	return stored, err
}

// pendingValue returns the current value with the fields that create printed. If create
// printed no password, pendingValue generates one.
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
		return vault.Value{}, errors.New("create: it printed nothing, " +
			"and the secret has no field password to generate a new value for")
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

// set applies the pending value to the service. The value counts as perhaps applied from
// the moment before the call.
func (a *attempt) set(ctx context.Context) error {
	if err := a.commitIfOurs(func(_ *vault.Secret, r *Rotation) error { r.Run.Called = true; return nil }); err != nil {
		return err
	}
	a.tested = map[int]error{} // set may change which values the service accepts
	pending := a.pending()
	_, err := a.call(ctx, Set, pending.ID, fieldsOf(pending.Kind, pending.Value))
	var failed *StepError
	if errors.As(err, &failed) && failed.Refused {
		return a.replaceRefused(ctx, err)
	}
	if err != nil {
		return err
	}
	return a.commitIfOurs(func(_ *vault.Secret, r *Rotation) error { r.Run.Step = Test; return nil })
}

// replaceRefused drops a pending value that the service refused, after it has proven
// that the current value works and the pending one does not.
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
	return a.commitIfOurs(func(s *vault.Secret, r *Rotation) error {
		r.Run.Token, r.Run.Step, r.Run.Called = token.String(), Create, false
		return s.MoveLabel(vault.Pending, 0, s.Labels[vault.Pending])
	})
}

// findOut tests which value the service accepts, after a step whose outcome is
// unknown.
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
			return a.commitIfOurs(func(_ *vault.Secret, r *Rotation) error { r.Run.Step = Set; return nil })
		}
	}
	if ctx.Err() != nil {
		return errors.New("interrupted while testing which value works")
	}
	return fmt.Errorf("%w: %w", ErrLockedOut, a.tested[a.pending().Number])
}

// promote makes the pending value current. The caller must have tested the value.
func (a *attempt) promote() error {
	return a.commitIfOurs(func(s *vault.Secret, r *Rotation) error {
		pending := s.Labels[vault.Pending]
		if err := s.MoveLabel(vault.Current, pending, s.Labels[vault.Current]); err != nil {
			return err
		}
		if err := s.MoveLabel(vault.Pending, 0, pending); err != nil {
			return err
		}
		r.Rotated = a.now()
		r.Run.Step, r.Run.Failures, r.Run.Reason, r.Run.RetryAt = Finish, 0, "", time.Time{}
		if r.Grace <= 0 {
			return nil
		}
		r.Run.FinishAt = a.now().Add(r.grace())
		current, err := s.Find(vault.Selector{})
		if err != nil {
			return err
		}
		return appendToLog(s, Event{Time: a.now(), Outcome: Rotated, Version: current.Number})
	})
}

// finish calls the rotator to revoke the replaced value, unless the labels have moved
// since the rotation.
func (a *attempt) finish(ctx context.Context) error {
	run := a.rotation.Run
	current, err := a.secret.Find(vault.Selector{})
	if err != nil {
		return err
	}
	done := Event{Outcome: Rotated, Version: current.Number}
	if run.hasGrace() {
		done.Outcome = Finished
	}
	if current.ID == run.Token && a.secret.Labels[vault.Previous] == run.Base {
		if _, err := a.call(ctx, Finish, run.Token, nil); err != nil {
			return err
		}
	} else if run.hasGrace() {
		done.Version, done.Reason = 0, "the labels have moved, so that the replaced value was not revoked"
	}
	return a.commitIfOurs(func(s *vault.Secret, r *Rotation) error {
		r.Run = nil
		done.Time = a.now()
		return appendToLog(s, done)
	})
}

// test calls the rotator to log in with a version's value.
func (a *attempt) test(ctx context.Context, version vault.Version) error {
	if err, known := a.tested[version.Number]; known {
		return err
	}
	_, err := a.call(ctx, Test, version.ID, fieldsOf(version.Kind, version.Value))
	a.tested[version.Number] = err
	return err
}

// call calls the rotator with the current and the previous version, and with pending.
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
			*fields = fieldsOf(version.Kind, version.Value)
		}
	}
	admin, err := a.admin(c.Current)
	if err != nil {
		return nil, err
	}
	c.Admin = admin
	return a.Call(ctx, c)
}

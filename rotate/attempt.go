package rotate

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"example.org/secret/vault"

	"github.com/google/uuid"
)

// attempt is one run of the step machine over one secret.
type attempt struct {
	*Engine
	name     vault.Name
	secret   *vault.Secret
	rotation Rotation
	refusals int
	inherit  *os.File // the lock that the rotator and its children keep
	// tested has the answers of test by version. A run tests no value twice, because
	// services lock accounts after a number of failed logins.
	tested map[int]error
}

// checkAllowed refuses a rotator that was not enabled on this machine.
func (a *attempt) checkAllowed() error {
	if a.Allowed(a.secret, a.rotation) {
		return nil
	}
	return fmt.Errorf("%q: %w; allow it with: secret rotation enable %s", a.name, ErrNotAllowed, a.name)
}

// reload reads the secret from the vault.
func (a *attempt) reload() error {
	s, err := a.Vault.Get(a.name)
	if err != nil {
		return err
	}
	return a.use(s)
}

// use makes s the secret that the attempt looks at.
func (a *attempt) use(s *vault.Secret) (err error) {
	a.secret = s
	a.rotation, err = Of(s.Name, s.Rotation)
	return err
}

// errAbandoned ends a run whose rotation was cancelled or overtaken by a value that was
// stored by hand.
var errAbandoned = errors.New("abandoned")

// isDue reports whether the secret is due. It begins the grace anew if the clock was
// wrong when it began.
func (a *attempt) isDue() (bool, error) {
	if a.rotation.clockWasWrong(a.now()) {
		err := a.commit(func(_ *vault.Secret, r *Rotation) error {
			if r.clockWasWrong(a.now()) {
				r.Run.FinishAt = a.now().Add(r.grace())
			}
			return nil
		})
		if err != nil {
			return false, err
		}
	}
	status, err := a.rotation.Due(CurrentSince(a.secret), a.now())
	return status.Rotate, err
}

// rotate rotates the secret, or continues. A rotation that is left in its grace is
// finished first.
func (a *attempt) rotate(ctx context.Context, when When) (Outcome, error) {
	if !a.rotation.Run.hasGrace() {
		return a.walk(ctx)
	}
	outcome, err := a.walk(ctx)
	if err != nil || a.rotation.Run != nil {
		return outcome, err
	}
	if when == IfDue {
		if due, err := a.isDue(); err != nil || !due {
			return outcome, err
		}
	}
	return a.walk(ctx)
}

// walk does the steps that are left, and saves a failure.
func (a *attempt) walk(ctx context.Context) (Outcome, error) {
	a.tested = map[int]error{}
	done := Rotated
	if a.rotation.Run.hasGrace() {
		done = Finished
	}
	err := a.steps(ctx)
	switch {
	case err == nil:
		return done, nil
	case errors.Is(err, errAbandoned):
		return Abandoned, nil
	case a.rotation.Run == nil: // the rotation did not begin
		return Failed, err
	}
	outcome := Failed
	if a.rotation.Run.Step == Finish {
		outcome = Unfinished
	}
	saveErr := a.commitIfOurs(func(s *vault.Secret, r *Rotation) error {
		run := r.Run
		run.Failures++
		run.Reason = err.Error()
		run.RetryAt = a.now().Add(retryAfter(run.Failures))
		return appendToLog(s, Event{Time: a.now(), Outcome: outcome, Step: run.Step, Reason: run.Reason})
	})
	if saveErr != nil && !errors.Is(saveErr, errAbandoned) && saveErr.Error() != err.Error() {
		return outcome, fmt.Errorf("%w (and this could not be recorded: %w)", err, saveErr)
	}
	return outcome, err
}

func (a *attempt) steps(ctx context.Context) error {
	resumed := a.rotation.Run != nil
	switch {
	case !resumed:
		token, err := uuid.NewRandomFromReader(a.Rand)
		if err != nil {
			return err
		}
		if err := a.start(token.String()); err != nil {
			return err
		}
	case overtaken(a.secret, a.rotation.Run):
		if err := a.commitIfOurs(func(*vault.Secret, *Rotation) error { return nil }); err != nil {
			return err
		}
	}
	for {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("interrupted before %s", a.rotation.Run.Step)
		}
		run := a.rotation.Run
		var err error
		switch {
		case run.Step == Create:
			err = a.create(ctx)
		case run.Step == Finish:
			if !resumed && run.inGrace(a.now()) {
				return nil
			}
			return a.finish(ctx)
		case resumed && run.Called:
			err = a.findOut(ctx)
		case run.Step == Set:
			err = a.set(ctx)
		case run.Step == Test:
			if err = a.test(ctx, a.pending()); err == nil {
				err = a.promote()
			}
		default:
			return fmt.Errorf("the rotation is at the step %q, which this version of secret does not know", run.Step)
		}
		if err != nil {
			return err
		}
		resumed = false
	}
}

// pending returns the version that the rotation made.
func (a *attempt) pending() vault.Version {
	version, _ := a.secret.Find(vault.Selector{ID: a.rotation.Run.Token})
	return version
}

func (a *attempt) now() time.Time { return a.Now().UTC().Truncate(time.Second) }

// commitIfOurs commits a change of the rotation, unless the user cancelled it or stored
// a value by hand meanwhile: then it gives the rotation up and returns errAbandoned.
func (a *attempt) commitIfOurs(change func(*vault.Secret, *Rotation) error) error {
	token := a.rotation.Run.Token
	abandoned := false
	err := a.commit(func(s *vault.Secret, r *Rotation) error {
		if r.Run == nil || r.Run.Token != token {
			return errAbandoned
		}
		if err := s.Deleted(); err != nil {
			return err
		}
		if abandoned = overtaken(s, r.Run); abandoned {
			reason := "a value was stored by hand meanwhile"
			if made, err := s.Find(vault.Selector{ID: token}); err == nil && r.Run.Called {
				reason += fmt.Sprintf("; the service may have taken version %d before that", made.Number)
			}
			if err := appendToLog(s, Event{Time: a.now(), Outcome: Abandoned, Step: r.Run.Step, Reason: reason}); err != nil {
				return err
			}
			r.Run = nil
			return dropPending(s, token)
		}
		return change(s, r)
	})
	if err == nil && abandoned {
		return errAbandoned
	}
	return err
}

// dropPending removes the label pending from the version token, which stays in the
// history.
func dropPending(s *vault.Secret, token string) error {
	pending, err := s.Find(vault.Selector{Label: vault.Pending})
	if err != nil || pending.ID != token {
		return nil
	}
	return s.MoveLabel(vault.Pending, 0, pending.Number)
}

// overtaken reports whether the labels have moved since the last step of run.
func overtaken(s *vault.Secret, run *Run) bool {
	switch run.Step {
	case Create:
		return s.Labels[vault.Current] != run.Base
	case Finish:
		return false // finish looks at the labels itself
	}
	pending, err := s.Find(vault.Selector{Label: vault.Pending})
	return err != nil || pending.ID != run.Token || s.Labels[vault.Current] != run.Base
}

// commit commits a change of the secret and its rotation.
func (a *attempt) commit(change func(*vault.Secret, *Rotation) error) error {
	s, err := a.updateRotation(a.name, change)
	if err != nil {
		return err
	}
	return a.use(s)
}

package rotate

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"example.org/secret/vault"
)

// attempt is one run of the step machine over one secret.
type attempt struct {
	*Engine
	name     vault.Name
	secret   *vault.Secret
	rotation Rotation
	refusals int
	inherit  *os.File // by the rotator: the lock that says whether one lives
	// tested remembers what test said of a version, since testing a value twice
	// in a run is one step nearer to an account that is locked.
	tested map[int]error
}

// allowed refuses to run what nobody enabled here.
func (a *attempt) allowed() error {
	if a.Allowed(a.secret, a.rotation) {
		return nil
	}
	return fmt.Errorf("%q: %w; allow it with: secret rotation enable %s", a.name, ErrNotAllowed, a.name)
}

// read takes the secret as it is on the disk now.
func (a *attempt) read() error {
	s, err := a.Vault.Get(a.name)
	if err != nil {
		return err
	}
	return a.take(s)
}

func (a *attempt) take(s *vault.Secret) (err error) {
	a.secret = s
	a.rotation, err = Of(s.Name, s.Rotation)
	return err
}

// errAbandoned leaves the machine when the rotation is no longer ours to go on
// with.
var errAbandoned = errors.New("abandoned")

// walk does the steps that are left and records how it went.
func (a *attempt) walk(ctx context.Context) (Outcome, error) {
	a.tested = map[int]error{}
	err := a.steps(ctx)
	switch {
	case err == nil:
		return Rotated, nil
	case errors.Is(err, errAbandoned):
		return Abandoned, nil
	case a.rotation.Run == nil: // it did not begin
		return Failed, err
	}
	outcome := Failed
	if a.rotation.Run.Step == Finish {
		outcome = Unfinished
	}
	saveErr := a.update(func(s *vault.Secret, r *Rotation) error {
		run := r.Run
		run.Failures++
		run.Reason = err.Error()
		run.RetryAt = a.now().Add(retryAfter(run.Failures))
		return record(s, Event{Time: a.now(), Outcome: outcome, Step: run.Step, Reason: run.Reason})
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
		if err := a.start(); err != nil {
			return err
		}
	case overtaken(a.secret, a.rotation.Run):
		if err := a.update(func(*vault.Secret, *Rotation) error { return nil }); err != nil {
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
			return fmt.Errorf("its record is at the step %q, which this version does not know", run.Step)
		}
		if err != nil {
			return err
		}
		resumed = false
	}
}

// pending returns the version under way.
func (a *attempt) pending() vault.Version {
	version, _ := a.secret.Find(vault.Selector{ID: a.rotation.Run.Token})
	return version
}

func (a *attempt) now() time.Time { return a.Now().UTC().Truncate(time.Second) }

// update commits a change of a rotation that is still ours. If somebody stored a
// value by hand, or cancelled it, their word counts: the rotation is given up.
func (a *attempt) update(change func(*vault.Secret, *Rotation) error) error {
	token := a.rotation.Run.Token
	abandoned := false
	err := a.save(func(s *vault.Secret, r *Rotation) error {
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
			if err := record(s, Event{Time: a.now(), Outcome: Abandoned, Step: r.Run.Step, Reason: reason}); err != nil {
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

// dropPending takes the label off the version that a rotation made, which stays
// in the history.
func dropPending(s *vault.Secret, token string) error {
	pending, err := s.Find(vault.Selector{Label: vault.Pending})
	if err != nil || pending.ID != token {
		return nil
	}
	return s.MoveLabel(vault.Pending, 0, pending.Number)
}

// overtaken reports whether the labels have moved since the last step.
func overtaken(s *vault.Secret, run *Run) bool {
	switch run.Step {
	case Create:
		return s.Labels[vault.Current] != run.Base
	case Finish:
		return false // finish looks for itself
	}
	pending, err := s.Find(vault.Selector{Label: vault.Pending})
	return err != nil || pending.ID != run.Token || s.Labels[vault.Current] != run.Base
}

func (a *attempt) save(change func(*vault.Secret, *Rotation) error) error {
	s, err := a.Engine.change(a.name, change)
	if err != nil {
		return err
	}
	return a.take(s)
}

package rotate

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"example.org/secret/vault"
	"example.org/secret/vault/password"

	"github.com/google/uuid"
)

const (
	defaultTimeout = time.Minute
	// maxRefusals bounds how many pending values a service may refuse in one run.
	maxRefusals = 3
)

// DefaultPassword are the rules of generated passwords where a secret has none:
// without the characters that AWS's rotation templates leave out, since one
// database driver or another stumbles over them in a connection string.
func DefaultPassword() password.Rules {
	return password.Rules{Length: password.DefaultLength, ExcludeCharacters: `:/@"'\;`}
}

var (
	// ErrNotAllowed means that the rotator was not enabled on this machine: it
	// came with the vault from somewhere else.
	ErrNotAllowed = errors.New("the rotator is not enabled on this machine")
	// ErrLockedOut means that none of a secret's values was accepted by the
	// service, or that it does not answer. All of them are kept.
	ErrLockedOut = errors.New("neither the pending nor the current nor the previous value is accepted, or the service does not answer")
)

// Outcome is how a rotation ended, or a line of its log began.
type Outcome string

// The outcomes.
const (
	Rotated    Outcome = "rotated"    // the labels moved, and finish is done
	Unfinished Outcome = "unfinished" // the labels moved; finish has to be called again
	Failed     Outcome = "failed"     // the current value stays; the next run continues
	Abandoned  Outcome = "abandoned"  // somebody stored a value by hand meanwhile
	Cancelled  Outcome = "cancelled"
)

// Result is how the rotation of one secret went.
type Result struct {
	Name    vault.Name
	Outcome Outcome
	Version int   // the one that is current now
	Err     error // nil if Rotated or Abandoned
}

// Engine rotates secrets.
type Engine struct {
	Vault *vault.Vault
	Call  Caller
	Now   func() time.Time
	Rand  io.Reader
	// Password are the rules for secrets that have none of their own.
	Password password.Rules
	// Allowed reports whether the rotator was enabled on this machine.
	Allowed func(*vault.Secret, Rotation) bool
}

// Rotate rotates the secret name, or continues a rotation of it. It holds the
// secret's rotation lock, and returns [vault.ErrBusy] if another process has it.
// When ctx ends the rotator is stopped and the next run continues.
//
// With onlyDue set nothing is done, and done is false, unless the secret is due.
func (e *Engine) Rotate(ctx context.Context, name vault.Name, onlyDue bool) (result Result, done bool) {
	result = Result{Name: name, Outcome: Failed}
	a, unlock, err := e.begin(name)
	if err != nil {
		result.Err = err
		// What was deleted or renamed since it was listed is not due any more.
		gone := errors.Is(err, vault.ErrNotFound) || errors.Is(err, vault.ErrDeleted)
		return result, !onlyDue || !gone
	}
	defer unlock()
	if onlyDue {
		status, err := a.rotation.Due(CurrentSince(a.secret), e.Now())
		if err != nil {
			result.Err = fmt.Errorf("%q: %w", name, err)
			return result, true
		}
		if !status.Rotate {
			return result, false
		}
	}
	if result.Err = a.allowed(); result.Err != nil {
		return result, true
	}
	result.Outcome, err = a.walk(ctx)
	if err != nil {
		result.Err = fmt.Errorf("rotating %q: %w", name, err)
	}
	if current, err := a.secret.Find(vault.Selector{}); err == nil {
		result.Version = current.Number
	}
	return result, true
}

// CurrentSince returns when the current version of s was made.
func CurrentSince(s *vault.Secret) time.Time {
	current, err := s.Find(vault.Selector{})
	if err != nil {
		return time.Time{}
	}
	return current.Created
}

// begin locks the rotation of a secret and reads its state.
func (e *Engine) begin(name vault.Name) (*attempt, func(), error) {
	s, err := e.Vault.Get(name)
	if err != nil {
		return nil, nil, err
	}
	if err := s.Live(); err != nil {
		return nil, nil, err
	}
	unlock, err := e.Vault.LockRotation(s)
	if err != nil {
		return nil, nil, err
	}
	a := &attempt{Engine: e, name: name}
	if err := a.read(); err != nil {
		unlock()
		return nil, nil, err
	}
	return a, unlock, nil
}

// attempt is one run of the step machine over one secret.
type attempt struct {
	*Engine
	name     vault.Name
	secret   *vault.Secret
	rotation Rotation
	refusals int
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
	if run := a.rotation.Run; run != nil && run.Step == Finish {
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
			rules = a.Password
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
		if err := s.Live(); err != nil {
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

// call calls the rotator with the versions as they are labelled, but for those
// that are given as pending.
func (a *attempt) call(ctx context.Context, step Step, token string, pending map[string]vault.Bytes) ([]byte, error) {
	s, r := a.secret, a.rotation
	c := Call{
		Rotator: r.Rotator, Args: r.Args, Timeout: defaultTimeout,
		Step: step, Name: s.Name, Token: token, Kind: s.Kind, Tags: s.Tags, Pending: pending,
	}
	if r.Timeout > 0 {
		c.Timeout = time.Duration(r.Timeout) * time.Second
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

// admin reads the secret that a credential names as its administrator's: in the
// field admin_secret or, as AWS has it, masterarn.
func (e *Engine) admin(current map[string]vault.Bytes) (map[string]vault.Bytes, error) {
	named := string(current["admin_secret"])
	if named == "" {
		named = nameInARN(string(current["masterarn"]))
	}
	if named == "" {
		return nil, nil
	}
	name, err := vault.ParseName(named)
	if err != nil {
		return nil, fmt.Errorf("the admin secret: %w", err)
	}
	s, err := e.Vault.Get(name)
	if err != nil {
		return nil, fmt.Errorf("the admin secret: %w", err)
	}
	if err := s.Live(); err != nil {
		return nil, fmt.Errorf("the admin secret: %w", err)
	}
	version, err := s.Find(vault.Selector{})
	if err != nil {
		return nil, fmt.Errorf("the admin secret: %w", err)
	}
	return fieldsOf(s.Kind, version.Value), nil
}

// nameInARN returns the name in arn:aws:secretsmanager:REGION:ACCOUNT:secret:NAME-RANDOM,
// and a text that is no ARN as it is.
func nameInARN(s string) string {
	_, name, ok := strings.Cut(s, ":secret:")
	if !ok {
		return s
	}
	if i := strings.LastIndexByte(name, '-'); i >= 0 && len(name)-i == 7 {
		return name[:i]
	}
	return name
}

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
)

const (
	defaultTimeout = time.Minute
	// maxRefusals is the number of pending values that a service may refuse in one run.
	maxRefusals = 3
)

// DefaultPassword returns the rules for generated passwords of a secret that has no
// rules of its own. They exclude the characters that AWS's rotation templates
// exclude, because some database drivers misread them in a connection string.
func DefaultPassword() password.Rules {
	return password.Rules{Length: password.DefaultLength, ExcludeCharacters: `:/@"'\;`}
}

var (
	// ErrNotAllowed is returned if the rotator was not enabled on this machine, because
	// it came with the vault from another one.
	ErrNotAllowed = errors.New("the rotator is not enabled on this machine")
	// ErrLockedOut is returned if the service accepts none of a secret's values, or does
	// not answer. All values are kept.
	ErrLockedOut = errors.New("neither the pending nor the current nor the previous value is accepted, " +
		"or the service does not answer")
)

// Outcome is the way in which a rotation ended.
type Outcome string

// The outcomes.
const (
	Rotated    Outcome = "rotated"    // the labels moved, and finish is done or waits for the end of the grace
	Finished   Outcome = "finished"   // the grace of an earlier rotation is over, and finish is done
	Unfinished Outcome = "unfinished" // the labels moved; finish must be called again
	Failed     Outcome = "failed"     // the current value stays; the next run continues
	Abandoned  Outcome = "abandoned"  // a value was stored by hand meanwhile
	Cancelled  Outcome = "cancelled"
	NotDue     Outcome = "not due" // nothing was done
)

// Result is the end of one secret's rotation.
type Result struct {
	Name    vault.Name
	Outcome Outcome
	Version int   // the current one
	Err     error // nil unless Failed or Unfinished
}

// Engine rotates secrets. Its methods are safe for concurrent use.
type Engine struct {
	Vault *vault.Vault
	Call  Caller
	Now   func() time.Time
	Rand  io.Reader
	// Allowed reports whether the rotator was enabled on this machine, as
	// [Consent.Given] does.
	Allowed func(*vault.Secret, Rotation) bool
}

// When says which secrets a run rotates.
type When int

const (
	// Now rotates every secret of the run.
	Now When = iota
	// IfDue rotates the secrets that are due, and continues rotations that are under way.
	IfDue
)

// Rotate rotates the secret name, or continues its rotation. It holds the secret's
// rotation lock, and fails with [vault.ErrBusy] if another process has it. When ctx
// ends, Rotate stops the rotator; the next run continues.
func (e *Engine) Rotate(ctx context.Context, name vault.Name, when When) Result {
	result := Result{Name: name, Outcome: Failed}
	a, unlock, err := e.begin(ctx, name)
	if err != nil {
		// A secret that was deleted or renamed since it was listed is not due any more.
		gone := errors.Is(err, vault.ErrNotFound) || errors.Is(err, vault.ErrDeleted)
		if when == IfDue && gone {
			return Result{Name: name, Outcome: NotDue}
		}
		result.Err = err
		return result
	}
	defer unlock()
	if when == IfDue {
		due, err := a.isDue()
		if err != nil {
			result.Err = fmt.Errorf("%q: %w", name, err)
			return result
		}
		if !due {
			return Result{Name: name, Outcome: NotDue}
		}
	}
	if result.Err = a.checkAllowed(); result.Err != nil {
		return result
	}
	return a.result(a.rotate(ctx, when))
}

func (a *attempt) result(outcome Outcome, err error) Result {
	result := Result{Name: a.name, Outcome: outcome}
	if err != nil {
		result.Err = fmt.Errorf("rotating %q: %w", a.name, err)
	}
	if current, err := a.secret.Find(vault.Selector{}); err == nil {
		result.Version = current.Number
	}
	return result
}

// CurrentSince returns when the current version of s was made.
func CurrentSince(s *vault.Secret) time.Time {
	current, err := s.Find(vault.Selector{})
	if err != nil {
		return time.Time{}
	}
	return current.Created
}

// begin locks the rotation of a secret, waits for the rotator of a killed run, and
// reads the state. It reads the secret twice: first for the id, which names the lock,
// and for the user to be asked for a value key before the lock is held; then for the
// state, which another run may have changed until then.
func (e *Engine) begin(ctx context.Context, name vault.Name) (*attempt, func(), error) {
	before, err := notDeleted(e.Vault.Get(name))
	if err != nil {
		return nil, nil, err
	}
	unlock, err := e.Vault.LockRotation(before)
	if err != nil {
		return nil, nil, err
	}
	a := &attempt{Engine: e, name: name}
	unlockRotators, err := a.awaitRotators(ctx, before)
	if err != nil {
		unlock()
		return nil, nil, err
	}
	unlockBoth := func() { unlockRotators(); unlock() }
	if err := a.reload(); err != nil {
		unlockBoth()
		return nil, nil, err
	}
	if a.secret.ID != before.ID {
		unlockBoth()
		return nil, nil, vault.Errorf(vault.ErrBusy, "the name %q was given to another secret meanwhile", name)
	}
	return a, unlockBoth, nil
}

// awaitRotators waits until the rotator of a killed run has ended with every process
// that it started, for as long as a step may take. Before that, a rotator could still
// change the service after test has looked at it.
func (a *attempt) awaitRotators(ctx context.Context, s *vault.Secret) (unlock func(), err error) {
	rotation, err := Of(s.Name, s.Rotation)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, rotation.timeout())
	defer cancel()
	a.inherit, unlock, err = a.Vault.LockRotators(ctx, s)
	return unlock, err
}

// notDeleted turns a secret that is scheduled for deletion into an error.
func notDeleted(s *vault.Secret, err error) (*vault.Secret, error) {
	if err != nil {
		return nil, err
	}
	return s, s.Deleted()
}

// admin returns the current fields of the administrator's secret, which a credential
// names in its field admin_secret or, as AWS has it, masterarn.
func (e *Engine) admin(current map[string]vault.Bytes) (map[string]vault.Bytes, error) {
	named := string(current["admin_secret"])
	if named == "" {
		named = nameInARN(string(current["masterarn"]))
	}
	if named == "" {
		return nil, nil
	}
	fields, err := e.currentFields(named)
	if err != nil {
		return nil, fmt.Errorf("the admin secret: %w", err)
	}
	return fields, nil
}

func (e *Engine) currentFields(nameText string) (map[string]vault.Bytes, error) {
	name, err := vault.ParseName(nameText)
	if err != nil {
		return nil, err
	}
	s, err := notDeleted(e.Vault.Get(name))
	if err != nil {
		return nil, err
	}
	current, err := s.Find(vault.Selector{})
	if err != nil {
		return nil, err
	}
	return fieldsOf(current.Kind, current.Value), nil
}

// nameInARN returns the name in arn:aws:secretsmanager:REGION:ACCOUNT:secret:NAME-RANDOM.
// It returns a text that is not an ARN unchanged.
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

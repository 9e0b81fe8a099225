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
	a, unlock, err := e.begin(ctx, name)
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

// begin locks the rotation of a secret, waits for what a killed run has left
// behind, and reads the state.
func (e *Engine) begin(ctx context.Context, name vault.Name) (*attempt, func(), error) {
	s, err := e.Vault.Get(name)
	if err != nil {
		return nil, nil, err
	}
	if err := s.Deleted(); err != nil {
		return nil, nil, err
	}
	unlock, err := e.Vault.LockRotation(s)
	if err != nil {
		return nil, nil, err
	}
	a := &attempt{Engine: e, name: name}
	unlockRotators, err := a.awaitRotators(ctx, s)
	if err != nil {
		unlock()
		return nil, nil, err
	}
	unlockBoth := func() { unlockRotators(); unlock() }
	if err := a.read(); err != nil {
		unlockBoth()
		return nil, nil, err
	}
	if a.secret.ID != s.ID { // another one has the name since then, and another lock
		unlockBoth()
		return e.begin(ctx, name)
	}
	return a, unlockBoth, nil
}

// awaitRotators waits, for as long as a step may take, until the rotator of a run
// that was killed is gone with all that it started. Before that nothing that test
// says of a value would last.
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
	if err := s.Deleted(); err != nil {
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

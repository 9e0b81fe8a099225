package vault

import (
	"errors"
	"fmt"
	"time"

	"example.org/secret/crypto"
	"example.org/secret/vault/durable"
)

// The kinds of failure that a caller can tell apart with [errors.Is]. The text
// of an error names the thing on which the call failed.
var (
	// ErrInvalid means that an argument breaks a rule of this package.
	ErrInvalid = errors.New("invalid")
	// ErrLimit is the ErrInvalid of a thing that would be one too many, or too large.
	ErrLimit = fmt.Errorf("limit: %w", ErrInvalid)
	// ErrRule is the ErrInvalid of an argument that would be right for a secret in another
	// state.
	ErrRule = fmt.Errorf("rule: %w", ErrInvalid)
	// ErrNotFound means that there is no such secret, version, label or field.
	ErrNotFound = errors.New("not found")
	// ErrNoSecret and ErrNoVersion are the commonest kinds of ErrNotFound.
	ErrNoSecret  = fmt.Errorf("no such secret: %w", ErrNotFound)
	ErrNoVersion = fmt.Errorf("no such version: %w", ErrNotFound)
	// ErrNoValue is the ErrNoVersion of a secret that has no value yet.
	ErrNoValue = fmt.Errorf("no value yet: %w", ErrNoVersion)
	// ErrDeleted means that the secret is scheduled for deletion.
	ErrDeleted = errors.New("scheduled for deletion")
	// ErrExists means that a thing of that name is there already.
	ErrExists = errors.New("already exists")
	// ErrVersionExists means that the id of a new version is that of another one.
	ErrVersionExists = fmt.Errorf("version exists: %w", ErrExists)
	// ErrBusy means that another process kept the vault locked for too long.
	ErrBusy = durable.ErrBusy
	// ErrKeyReplaced means that the vault got another master key since it was
	// opened. To open it again finds everything in place.
	ErrKeyReplaced = errors.New("the vault's master key was replaced meanwhile; run it again")
	// ErrRotatorRuns means that a run which was killed left a program behind that
	// rotates the secret, and that this goes on for too long.
	ErrRotatorRuns = errors.New("a rotator is still running")
	// ErrDamaged means that a file has another content than was written to it.
	ErrDamaged = crypto.ErrDamaged
	// ErrNoSuchValueKey means that there is no such value key.
	ErrNoSuchValueKey = fmt.Errorf("no such key: %w", ErrNotFound)
	// ErrNoKey means that a key is missing, locked or the wrong one.
	ErrNoKey = errors.New("no key")
	// ErrNoVault means that the directory holds no vault.
	ErrNoVault = errors.New("no vault")
	// ErrNewerFormat means that a later version of this program made the vault.
	ErrNewerFormat = errors.New("newer format")
	// ErrExposed means that other users can reach a private file.
	ErrExposed = durable.ErrExposed

	// ErrUnchanged is the result of a function given to [Vault.Update] when there
	// is nothing to commit. It is not passed on.
	ErrUnchanged = errors.New("unchanged")
)

// errNameKept means that a secret which is scheduled for deletion has the name.
var errNameKept = errors.Join(ErrExists, ErrDeleted)

// kindError is an error of one kind with its own text.
type kindError struct {
	kind error
	text string
}

func (e *kindError) Error() string { return e.text }
func (e *kindError) Unwrap() error { return e.kind }

// Errorf returns an error with the given text that [errors.Is] the given kind. The
// text of kind is not part of it.
func Errorf(kind error, format string, args ...any) error {
	return &kindError{kind, fmt.Sprintf(format, args...)}
}

// NoSecretError is the [ErrNoSecret] of one name.
type NoSecretError struct{ Name Name }

func (e *NoSecretError) Error() string { return fmt.Sprintf("there is no secret named %q", e.Name) }
func (e *NoSecretError) Unwrap() error { return ErrNoSecret }

// DeletedError is the [ErrDeleted] of one secret.
type DeletedError struct {
	Name Name
	Due  time.Time
}

func (e *DeletedError) Error() string {
	return fmt.Sprintf("%q is scheduled for deletion on %s", e.Name, e.Due.Format(time.DateOnly))
}

func (e *DeletedError) Unwrap() error { return ErrDeleted }

package endpoint

import (
	"cmp"
	"errors"

	"example.org/secret/cmd/secret/internal/endpoint/wire"
	"example.org/secret/rotate"
	"example.org/secret/vault"
)

// exception returns the exception of AWS for an error of a lower layer. An error that it does not know, such as a lock
// that another process keeps for too long, stays, and makes clients try again.
func exception(err error) error {
	if _, ours := errors.AsType[*wire.Error](err); ours || err == nil {
		return err
	}
	switch {
	case errors.Is(err, vault.ErrDeleted):
		return wire.Errorf(wire.InvalidRequest,
			"You can't perform this operation on the secret because it was marked for deletion.")
	case errors.Is(err, vault.ErrNoSecret):
		return errNotFound()
	case errors.Is(err, vault.ErrNoVersion):
		return wire.Errorf(wire.ResourceNotFound, "%v.", err)
	case errors.Is(err, vault.ErrNoKey), errors.Is(err, vault.ErrNoSuchValueKey), errors.Is(err, vault.ErrDamaged),
		errors.Is(err, vault.ErrNewerFormat):
		return wire.Errorf(wire.DecryptionFailure,
			"Secrets Manager can't decrypt the protected secret text using the provided KMS key. %v.", err)
	case errors.Is(err, vault.ErrLimit):
		return wire.Errorf(wire.LimitExceeded, "%v.", err)
	case errors.Is(err, vault.ErrRule), errors.Is(err, vault.ErrInvalid):
		return wire.Errorf(wire.InvalidParameter, "%v.", err)
	case errors.Is(err, rotate.ErrNotAllowed):
		return errCannotInvoke()
	}
	return err
}

func errNotFound() error {
	return wire.Errorf(wire.ResourceNotFound, "Secrets Manager can't find the specified secret.")
}

func errNoVersion(id string) error {
	return wire.Errorf(wire.ResourceNotFound,
		"Secrets Manager can't find the specified secret value for VersionId: %s", id)
}

func errNoStage(stage string) error {
	return wire.Errorf(wire.ResourceNotFound,
		"Secrets Manager can't find the specified secret value for staging label: %s", stage)
}

func errCannotInvoke() error {
	return wire.Errorf(wire.AccessDenied, "Secrets Manager cannot invoke the specified Lambda function. Ensure that the"+
		" function policy grants access to the principal secretsmanager.amazonaws.com.")
}

// denied is the same for secrets that exist and for others.
func (c *call) denied(secretID string) error {
	return wire.Errorf(wire.AccessDenied, "User: %s is not authorized to perform: secretsmanager:%s on resource: %s",
		cmp.Or(c.Client, "the holder of the token"), c.Operation, secretID)
}

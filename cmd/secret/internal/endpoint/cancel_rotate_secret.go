package endpoint

import (
	"context"
	"errors"

	"example.org/secret/cmd/secret/internal/endpoint/wire"
	"example.org/secret/rotate"
)

func cancelRotateSecret(ctx context.Context, c *call, in selected) (*rotateSecretOutput, error) {
	s, err := c.meta(in.SecretId)
	if err == nil {
		err = s.Deleted()
	}
	if err != nil {
		return nil, err
	}
	engine, err := c.engine()
	if err != nil {
		return nil, err
	}
	r := rotationOf(s)
	if r.Rotator == "" {
		return nil, wire.Errorf(wire.InvalidRequest,
			"You tried to cancel the rotation of a secret that has no rotation set up.")
	}
	out := &rotateSecretOutput{identity: c.identity(s.Meta)}
	if r.Run != nil {
		out.VersionId = r.Run.Token
	}
	if err := engine.Disable(s.Name); err != nil {
		return nil, err
	}
	if err := engine.Cancel(ctx, s.Name); err != nil && !errors.Is(err, rotate.ErrNothingPending) {
		return nil, wire.Errorf(wire.InvalidRequest, "The rotation that is under way cannot be cancelled: %v.", err)
	}
	return out, nil
}

package endpoint

import (
	"context"
	"errors"

	"example.org/secret/cmd/secret/internal/endpoint/wire"
	"example.org/secret/rotate"
	"example.org/secret/vault"
)

type rotateSecretInput struct {
	SecretId           string         `check:"required,min=1,max=2048"`
	ClientRequestToken *string        `check:"hidden"`
	RotationLambdaARN  *string        `check:"max=2048"`
	RotationRules      *rotationRules //
	RotateImmediately  *bool
}

type rotateSecretOutput struct {
	identity
	VersionId string `json:",omitzero"`
}

// rotateSecret begins a rotation, which goes on after its answer. It calls only a rotator that the user enabled on this
// machine: a request must not choose a program to run.
func rotateSecret(ctx context.Context, c *call, in rotateSecretInput) (*rotateSecretOutput, error) {
	s, err := c.meta(in.SecretId)
	if err != nil {
		return nil, err
	}
	if err := checkToken(in.ClientRequestToken, wire.InvalidParameter); err != nil {
		return nil, err
	}
	if err := s.Deleted(); err != nil {
		return nil, err
	}
	engine, err := c.engine()
	if err != nil {
		return nil, err
	}
	r, err := rotationFor(s, in)
	if err != nil {
		return nil, err
	}
	if !engine.Allowed(s, r) {
		return nil, errCannotInvoke()
	}
	out := &rotateSecretOutput{c.identity(s.Meta), *in.ClientRequestToken}
	if in.RotateImmediately != nil && !*in.RotateImmediately {
		if err := engine.Probe(ctx, s.Name, r); err != nil {
			return nil, wire.Errorf(wire.InvalidRequest, "The rotator cannot log in with the current value: %v.", err)
		}
		return out, engine.Configure(s.Name, r)
	}
	if err := configure(engine, s, r, in); err != nil {
		return nil, err
	}
	return out, c.start(ctx, engine, s, *in.ClientRequestToken)
}

// rotationFor returns the rotation that the input asks for. Settings that it leaves out stay.
func rotationFor(s *vault.Secret, in rotateSecretInput) (rotate.Rotation, error) {
	r := rotationOf(s)
	if in.RotationLambdaARN != nil && *in.RotationLambdaARN != "" {
		if err := setLambda(&r, *in.RotationLambdaARN); err != nil {
			return rotate.Rotation{}, err
		}
	}
	if r.Rotator == "" {
		return rotate.Rotation{},
			wire.Errorf(wire.InvalidRequest, "No Lambda rotation function ARN is associated with this secret.")
	}
	if in.RotationRules == nil {
		return r, nil
	}
	return r, setRules(&r, *in.RotationRules)
}

// configure saves r if the input changes it. Any rotation by AWS's API enables the rotation of the secret.
func configure(engine *rotate.Engine, s *vault.Secret, r rotate.Rotation, in rotateSecretInput) error {
	if r.Enabled && in.RotationLambdaARN == nil && in.RotationRules == nil {
		return nil
	}
	return engine.Configure(s.Name, r)
}

// start begins the rotation, and lets its steps go on in the background.
func (c *call) start(ctx context.Context, engine *rotate.Engine, s *vault.Secret, token string) error {
	walk, err := engine.Start(ctx, s.Name, token)
	if walk != nil {
		c.rotations.Go(func() {
			result := walk(c.background) // secret rotation status tells how it ends
			if c.Rotated != nil && c.background.Err() == nil {
				c.Rotated(result)
			}
		})
	}
	if errors.Is(err, vault.ErrBusy) {
		err = c.underWay(s.Name, token, err)
	}
	switch {
	case errors.Is(err, rotate.ErrUnderWay):
		return wire.Errorf(wire.InvalidRequest, "A previous rotation isn't complete. That rotation will be reattempted.")
	case errors.Is(err, vault.ErrVersionExists):
		return wire.Errorf(wire.ResourceExists,
			"You can't use ClientRequestToken %s because that value is already in use for a"+
				" version of secret %s.", token, c.arn(s.Name, s.ID))
	}
	return err
}

// underWay tells of the rotation that keeps a secret busy: nil if it is the one that the client asks for, and else
// [rotate.ErrUnderWay]. It returns busy if there is none.
func (c *call) underWay(name vault.Name, token string, busy error) error {
	s, err := c.vault.GetMeta(name)
	switch {
	case err != nil:
		return err
	case !rotate.UnderWay(s):
		return busy
	case rotationOf(s).Run.Token == token:
		return nil
	}
	return rotate.ErrUnderWay
}

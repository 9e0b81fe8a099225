package endpoint

import (
	"context"

	"example.org/secret/cmd/secret/internal/endpoint/wire"
	"example.org/secret/vault"
)

type putResourcePolicyInput struct {
	SecretId          string `check:"required,min=1,max=2048"`
	ResourcePolicy    string `check:"required,min=1,max=20480"`
	BlockPublicPolicy bool
}

// putResourcePolicy keeps a policy. Nothing enforces it: the permissions of clients are those of the server.
func putResourcePolicy(_ context.Context, c *call, in putResourcePolicyInput) (*identity, error) {
	s, err := c.updateMeta(in.SecretId, func(s *vault.Secret) error {
		if err := s.Deleted(); err != nil {
			return err
		}
		p, err := parsePolicy(in.ResourcePolicy)
		if err != nil {
			return err
		}
		if in.BlockPublicPolicy && p.public() {
			return wire.Errorf(wire.PublicPolicy, "You can't set a resource policy that grants broad access to the secret.")
		}
		return s.SetResourcePolicy(in.ResourcePolicy)
	})
	if err != nil {
		return nil, err
	}
	out := c.identity(s.Meta)
	return &out, nil
}

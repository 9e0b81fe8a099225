package endpoint

import (
	"context"

	"example.org/secret/vault"
)

func deleteResourcePolicy(_ context.Context, c *call, in selected) (*identity, error) {
	s, err := c.updateMeta(in.SecretId, func(s *vault.Secret) error { return s.SetResourcePolicy("") })
	if err != nil {
		return nil, err
	}
	out := c.identity(s.Meta)
	return &out, nil
}

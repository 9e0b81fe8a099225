package endpoint

import (
	"context"

	"example.org/secret/vault"
)

func restoreSecret(_ context.Context, c *call, in selected) (*identity, error) {
	s, err := c.updateMeta(in.SecretId, func(s *vault.Secret) error {
		if s.Deletion == nil {
			return vault.ErrUnchanged
		}
		return s.Restore()
	})
	if err != nil {
		return nil, err
	}
	out := c.identity(s.Meta)
	return &out, nil
}

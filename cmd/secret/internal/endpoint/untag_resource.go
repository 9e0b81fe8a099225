package endpoint

import (
	"context"
	"errors"

	"example.org/secret/vault"
)

type untagResourceInput struct {
	SecretId string   `check:"required,min=1,max=2048"`
	TagKeys  []string `check:"required" item:"min=1,max=128"`
}

func untagResource(_ context.Context, c *call, in untagResourceInput) (*struct{}, error) {
	_, err := c.updateMeta(in.SecretId, func(s *vault.Secret) error {
		if err := s.Deleted(); err != nil {
			return err
		}
		for _, key := range in.TagKeys {
			if err := s.Untag(key); err != nil && !errors.Is(err, vault.ErrNotFound) {
				return err
			}
		}
		return nil
	})
	return &struct{}{}, err
}

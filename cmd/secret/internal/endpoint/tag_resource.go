package endpoint

import (
	"context"
	"strings"

	"example.org/secret/cmd/secret/internal/endpoint/wire"
	"example.org/secret/vault"
)

type tag struct {
	Key   string `check:"required,min=1,max=128"`
	Value string `check:"max=256"`
}

type tagResourceInput struct {
	SecretId string `check:"required,min=1,max=2048"`
	Tags     []tag  `check:"required"`
}

func tagResource(_ context.Context, c *call, in tagResourceInput) (*struct{}, error) {
	_, err := c.updateMeta(in.SecretId, func(s *vault.Secret) error {
		if err := s.Deleted(); err != nil {
			return err
		}
		return addTags(s, in.Tags)
	})
	return &struct{}{}, err
}

func addTags(s *vault.Secret, tags []tag) error {
	for _, t := range tags {
		if strings.HasPrefix(strings.ToLower(t.Key), "aws:") {
			return wire.Errorf(wire.InvalidParameter, "Tag keys that begin with aws: are reserved: %s", t.Key)
		}
		if err := s.Tag(t.Key, t.Value); err != nil {
			return err
		}
	}
	return nil
}

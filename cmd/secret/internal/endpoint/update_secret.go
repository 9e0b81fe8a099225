package endpoint

import (
	"context"
	"errors"

	"example.org/secret/cmd/secret/internal/endpoint/wire"
	"example.org/secret/vault"
)

type updateSecretInput struct {
	SecretId           string  `check:"required,min=1,max=2048"`
	ClientRequestToken *string `check:"hidden"`
	Description        *string `check:"max=2048"`
	KmsKeyId           *string `check:"max=2048"`
	SecretBinary       []byte  `check:"min=1,hidden"`
	SecretString       *string `check:"min=1,hidden"`
	Type               string  `check:"max=256"`
}

type updateSecretOutput struct {
	identity
	VersionId string `json:",omitzero"`
}

func updateSecret(_ context.Context, c *call, in updateSecretInput) (*updateSecretOutput, error) {
	name, err := c.name(in.SecretId)
	if err != nil {
		return nil, err
	}
	if err := checkToken(in.ClientRequestToken, wire.InvalidRequest); err != nil {
		return nil, err
	}
	value, err := c.newValue(in.SecretString, in.SecretBinary)
	if err != nil {
		return nil, err
	}
	key := ""
	if in.KmsKeyId != nil {
		if key, err = c.reachKey(*in.KmsKeyId); err != nil {
			return nil, err
		}
	}
	update := c.vault.UpdateMeta
	if value != nil || in.KmsKeyId != nil {
		update = c.vault.Update // which needs the values
	}
	s, err := update(name, func(s *vault.Secret) error { return c.update(s, in, value, key) })
	if err != nil {
		return nil, err
	}
	out := &updateSecretOutput{identity: c.identity(s.Meta)}
	if value != nil {
		out.VersionId = *in.ClientRequestToken
	}
	return out, nil
}

// update changes s. The error is [vault.ErrUnchanged] if it is as the client wants it.
func (c *call) update(s *vault.Secret, in updateSecretInput, value *vault.AWSValue, key string) error {
	if err := s.Deleted(); err != nil {
		return err
	}
	changed := false
	if value != nil {
		err := c.addVersion(s, *in.ClientRequestToken, *value, nil)
		if err != nil && !errors.Is(err, vault.ErrUnchanged) {
			return err
		}
		changed = err == nil
	}
	if in.Description != nil {
		changed = true
		if err := s.SetDescription(*in.Description); err != nil {
			return err
		}
	}
	if in.KmsKeyId != nil {
		changed = true
		if err := setKey(s, key, *in.KmsKeyId); err != nil {
			return err
		}
	}
	if !changed {
		return vault.ErrUnchanged
	}
	return nil
}

package endpoint

import (
	"context"
	"errors"
	"slices"

	"example.org/secret/cmd/secret/internal/endpoint/wire"
	"example.org/secret/vault"
)

type createSecretInput struct {
	Name                        string          `check:"required,min=1,max=512"`
	ClientRequestToken          *string         `check:"hidden"`
	Description                 string          `check:"max=2048"`
	KmsKeyId                    string          `check:"max=2048"`
	SecretBinary                []byte          `check:"min=1,hidden"`
	SecretString                *string         `check:"min=1,hidden"`
	Tags                        []tag           //
	AddReplicaRegions           []replicaRegion `check:"min=1"`
	ForceOverwriteReplicaSecret bool
	Type                        string `check:"max=256"`
}

type createSecretOutput struct {
	identity
	VersionId string `json:",omitzero"`
}

func createSecret(_ context.Context, c *call, in createSecretInput) (*createSecretOutput, error) {
	c.Subject = in.Name
	name, err := c.checkName(in.Name, in.Name)
	if err != nil {
		return nil, err
	}
	if err := checkToken(in.ClientRequestToken, wire.InvalidRequest); err != nil {
		return nil, err
	}
	value, err := c.newValue(in.SecretString, in.SecretBinary)
	switch {
	case err != nil:
		return nil, err
	case in.AddReplicaRegions != nil:
		return nil, errOneRegion()
	case in.Type != "":
		return nil, wire.Errorf(wire.InvalidRequest,
			"Secrets of the type %s, which a partner of AWS manages, do not exist here.", in.Type)
	}
	key, err := c.reachKey(in.KmsKeyId)
	if err != nil {
		return nil, err
	}
	s, err := c.vault.Upsert(name, func(s *vault.Secret) error {
		if s.Exists() {
			return c.createAgain(s, in, value)
		}
		return c.create(s, in, value, key)
	})
	if errors.Is(err, vault.ErrDeleted) {
		return nil, wire.Errorf(wire.InvalidRequest,
			"You can't create this secret because a secret with this name is already scheduled for deletion.")
	}
	if err != nil {
		return nil, err
	}
	out := &createSecretOutput{identity: c.identity(s.Meta)}
	if value != nil {
		out.VersionId = *in.ClientRequestToken
	}
	return out, nil
}

// create makes the secret s.
func (c *call) create(s *vault.Secret, in createSecretInput, value *vault.AWSValue, key string) error {
	var err error
	if value == nil {
		err = s.Create()
	} else {
		err = c.addVersion(s, *in.ClientRequestToken, *value, nil)
	}
	if err != nil {
		return err
	}
	if err := s.SetDescription(in.Description); err != nil {
		return err
	}
	if err := addTags(s, in.Tags); err != nil {
		return err
	}
	return setKey(s, key, in.KmsKeyId)
}

// createAgain answers a client that repeats a request whose answer it did not get.
func (c *call) createAgain(s *vault.Secret, in createSecretInput, value *vault.AWSValue) error {
	made := slices.ContainsFunc(s.Versions, func(v vault.Version) bool { return v.ID == *in.ClientRequestToken })
	if value != nil && made {
		return c.addVersion(s, *in.ClientRequestToken, *value, nil)
	}
	return wire.Errorf(wire.ResourceExists, "The operation failed because the secret %s already exists.", s.Name)
}

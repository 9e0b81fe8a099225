package endpoint

import (
	"context"

	"example.org/secret/cmd/secret/internal/endpoint/wire"
	"example.org/secret/vault"
)

type putSecretValueInput struct {
	SecretId           string   `check:"required,min=1,max=2048"`
	ClientRequestToken *string  `check:"hidden"`
	SecretBinary       []byte   `check:"min=1,hidden"`
	SecretString       *string  `check:"min=1,hidden"`
	VersionStages      []string `check:"min=1,max=20" item:"min=1,max=256"`
	RotationToken      *string  `check:"min=36,max=256,pattern=rotationtoken,hidden"`
}

type putSecretValueOutput struct {
	identity
	VersionId     string
	VersionStages []string `json:",omitzero"`
}

func putSecretValue(_ context.Context, c *call, in putSecretValueInput) (*putSecretValueOutput, error) {
	name, err := c.name(in.SecretId)
	if err != nil {
		return nil, err
	}
	value, err := c.newValue(in.SecretString, in.SecretBinary)
	if err == nil && value == nil {
		err = wire.Errorf(wire.InvalidRequest, "You must provide either SecretString or SecretBinary.")
	}
	if err == nil {
		err = checkToken(in.ClientRequestToken, wire.InvalidRequest)
	}
	if err != nil {
		return nil, err
	}
	labels, err := parseStages(in.VersionStages)
	if err != nil {
		return nil, err
	}
	s, err := c.vault.Update(name, func(s *vault.Secret) error {
		return c.addVersion(s, *in.ClientRequestToken, *value, labels)
	})
	if err != nil {
		return nil, err
	}
	version, err := s.Find(vault.Selector{ID: *in.ClientRequestToken})
	return &putSecretValueOutput{c.identity(s.Meta), version.ID, stages(s, version.Number)}, err
}

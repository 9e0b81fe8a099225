package endpoint

import (
	"context"
	"errors"

	"example.org/secret/cmd/secret/internal/endpoint/wire"
	"example.org/secret/vault"
)

type deleteSecretInput struct {
	SecretId                   string `check:"required,min=1,max=2048"`
	RecoveryWindowInDays       *int
	ForceDeleteWithoutRecovery bool
}

type deleteSecretOutput struct {
	identity
	DeletionDate wire.Time
}

// The recovery window, in days.
const (
	minWindow     = 7
	maxWindow     = 30
	defaultWindow = 30
)

func deleteSecret(_ context.Context, c *call, in deleteSecretInput) (*deleteSecretOutput, error) {
	window := defaultWindow
	if in.RecoveryWindowInDays != nil {
		window = *in.RecoveryWindowInDays
		if in.ForceDeleteWithoutRecovery {
			return nil, wire.Errorf(wire.InvalidParameter,
				"You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays.")
		}
	}
	if window < minWindow || window > maxWindow {
		return nil, wire.Errorf(wire.InvalidParameter,
			"The RecoveryWindowInDays value must be between %d and %d days (inclusive).", minWindow, maxWindow)
	}
	if in.ForceDeleteWithoutRecovery {
		return c.remove(in.SecretId)
	}
	s, err := c.updateMeta(in.SecretId, func(s *vault.Secret) error { return s.ScheduleDeletion(window) })
	if errors.Is(err, vault.ErrDeleted) {
		return nil, wire.Errorf(wire.InvalidRequest,
			"You tried to perform the operation on a secret that's currently marked deleted.")
	}
	if err != nil {
		return nil, err
	}
	return &deleteSecretOutput{c.identity(s.Meta), wire.Time(s.Deletion.Due)}, nil
}

// remove deletes a secret for good. It succeeds for one that does not exist, whose ARN is made up.
func (c *call) remove(secretID string) (*deleteSecretOutput, error) {
	name, err := c.name(secretID)
	if err != nil {
		return nil, err
	}
	now := wire.Time(c.Now())
	s, err := c.vault.GetMeta(name)
	if err == nil {
		err = c.vault.Remove(name)
	}
	if errors.Is(err, vault.ErrNoSecret) {
		return &deleteSecretOutput{identity{c.arn(name, string(name)), string(name)}, now}, nil
	}
	if err != nil {
		return nil, err
	}
	return &deleteSecretOutput{c.identity(s.Meta), now}, nil
}

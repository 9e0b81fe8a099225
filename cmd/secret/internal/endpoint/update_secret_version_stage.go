package endpoint

import (
	"context"
	"errors"

	"example.org/secret/cmd/secret/internal/endpoint/wire"
	"example.org/secret/vault"
)

type updateSecretVersionStageInput struct {
	SecretId            string  `check:"required,min=1,max=2048"`
	VersionStage        string  `check:"required,min=1,max=256"`
	RemoveFromVersionId *string `check:"min=32,max=64"`
	MoveToVersionId     *string `check:"min=32,max=64"`
}

func updateSecretVersionStage(_ context.Context, c *call, in updateSecretVersionStageInput) (*identity, error) {
	label, labelErr := vault.ParseAWSLabel(in.VersionStage)
	s, err := c.updateMeta(in.SecretId, func(s *vault.Secret) error {
		switch {
		case s.Deleted() != nil:
			return s.Deleted()
		case labelErr != nil:
			return labelErr
		case in.MoveToVersionId == nil && in.RemoveFromVersionId == nil:
			return wire.Errorf(wire.InvalidParameter, "You must specify MoveToVersionId, RemoveFromVersionId, or both.")
		}
		to, err := numberOf(s, in.MoveToVersionId)
		if err != nil {
			return err
		}
		from, err := numberOf(s, in.RemoveFromVersionId)
		if err != nil {
			return err
		}
		if err := checkMove(s, in.VersionStage, label, to, from); err != nil {
			return err
		}
		return s.MoveLabel(label, to, from)
	})
	if err != nil {
		return nil, err
	}
	out := c.identity(s.Meta)
	return &out, nil
}

// checkMove refuses a move with the versions' ids, by which clients know them.
func checkMove(s *vault.Secret, stage string, label vault.Label, to, from int) error {
	at := s.Labels[label]
	if at == 0 {
		if to == 0 {
			return wire.Errorf(wire.InvalidParameter, "The staging label %s is not attached to any version.", stage)
		}
		return nil
	}
	attached, err := s.Find(vault.Selector{Number: at})
	switch {
	case err != nil:
		return err
	case from == 0 && at != to:
		return wire.Errorf(wire.InvalidParameter, "The parameter RemoveFromVersionId can't be empty. Staging label %s is"+
			" currently attached to version %s, so you must explicitly reference that version in RemoveFromVersionId.",
			stage, attached.ID)
	case from != 0 && from != at:
		return wire.Errorf(wire.InvalidParameter,
			"Staging label %s is currently attached to version %s, so you must explicitly"+
				" reference that version in RemoveFromVersionId.", stage, attached.ID)
	case to == 0 && label == vault.Current:
		return wire.Errorf(wire.InvalidParameter, "You can't remove the staging label %s; move it to another version.", stage)
	}
	return nil
}

// numberOf returns the number of the version with an id, or 0 for nil.
func numberOf(s *vault.Secret, id *string) (int, error) {
	if id == nil {
		return 0, nil
	}
	version, err := s.Find(vault.Selector{ID: *id})
	if errors.Is(err, vault.ErrNoVersion) {
		return 0, errNoVersion(*id)
	}
	return version.Number, err
}

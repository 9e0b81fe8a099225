package endpoint

import (
	"context"

	"example.org/secret/rotate"
)

func describeSecret(_ context.Context, c *call, in selected) (*description, error) {
	s, err := c.meta(in.SecretId)
	if err != nil {
		return nil, err
	}
	d := c.describe(s.Meta, rotate.CurrentSince(s))
	d.VersionIdsToStages = stagesByID(s)
	return &d, nil
}

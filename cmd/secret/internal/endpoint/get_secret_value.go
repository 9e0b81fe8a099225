package endpoint

import "context"

type getSecretValueInput struct {
	SecretId     string  `check:"required,min=1,max=2048"`
	VersionId    *string `check:"min=32,max=64"`
	VersionStage *string `check:"min=1,max=256"`
}

func getSecretValue(_ context.Context, c *call, in getSecretValueInput) (*secretValue, error) {
	return c.handOut(in.SecretId, in.VersionId, in.VersionStage)
}

package endpoint

import "context"

type replicateSecretToRegionsInput struct {
	SecretId                    string          `check:"required,min=1,max=2048"`
	AddReplicaRegions           []replicaRegion `check:"required,min=1"`
	ForceOverwriteReplicaSecret bool
}

func replicateSecretToRegions(_ context.Context, c *call, in replicateSecretToRegionsInput) (*struct{}, error) {
	return c.notReplicated(in.SecretId)
}

package endpoint

import "context"

type removeRegionsFromReplicationInput struct {
	SecretId             string   `check:"required,min=1,max=2048"`
	RemoveReplicaRegions []string `check:"required,min=1" item:"min=1,max=128,pattern=region"`
}

func removeRegionsFromReplication(_ context.Context, c *call, in removeRegionsFromReplicationInput) (*struct{}, error) {
	return c.notReplicated(in.SecretId)
}

package endpoint

import "context"

func stopReplicationToReplica(_ context.Context, c *call, in selected) (*struct{}, error) {
	return c.notReplicated(in.SecretId)
}

package endpoint

import "example.org/secret/cmd/secret/internal/endpoint/wire"

type replicaRegion struct {
	Region   string `check:"min=1,max=128,pattern=region"`
	KmsKeyId string `check:"max=2048"`
}

func errOneRegion() error {
	return wire.Errorf(wire.InvalidRequest, "One vault is one region: its secrets cannot be replicated.")
}

// notReplicated answers the operations on replicas of a secret.
func (c *call) notReplicated(secretID string) (*struct{}, error) {
	if _, err := c.meta(secretID); err != nil {
		return nil, err
	}
	return nil, errOneRegion()
}

package endpoint

import "context"

type getResourcePolicyOutput struct {
	identity
	ResourcePolicy string `json:",omitzero"`
}

func getResourcePolicy(_ context.Context, c *call, in selected) (*getResourcePolicyOutput, error) {
	s, err := c.meta(in.SecretId)
	if err == nil {
		err = s.Deleted()
	}
	if err != nil {
		return nil, err
	}
	return &getResourcePolicyOutput{c.identity(s.Meta), s.ResourcePolicy}, nil
}

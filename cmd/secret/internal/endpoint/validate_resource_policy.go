package endpoint

import "context"

type validateResourcePolicyInput struct {
	SecretId       *string `check:"min=1,max=2048"`
	ResourcePolicy string  `check:"required,min=1,max=20480"`
}

type validateResourcePolicyOutput struct {
	PolicyValidationPassed bool
	ValidationErrors       []validationError
}

type validationError struct {
	CheckName, ErrorMessage string
}

func validateResourcePolicy(
	_ context.Context, c *call, in validateResourcePolicyInput,
) (*validateResourcePolicyOutput, error) {
	if in.SecretId != nil {
		if _, err := c.meta(*in.SecretId); err != nil {
			return nil, err
		}
	}
	p, err := parsePolicy(in.ResourcePolicy)
	if err != nil {
		return nil, err
	}
	out := &validateResourcePolicyOutput{true, []validationError{}}
	if p.public() {
		out.PolicyValidationPassed = false
		out.ValidationErrors = append(out.ValidationErrors,
			validationError{"PublicPolicy", "The resource policy grants broad access to the secret."})
	}
	return out, nil
}

package endpoint

import (
	"encoding/json"
	"slices"

	"example.org/secret/cmd/secret/internal/endpoint/wire"
)

// policy is as much of a resource policy as is checked.
type policy struct {
	Version   string
	Statement oneOrMore[statement]
}

type statement struct {
	Effect       string
	Principal    json.RawMessage
	NotPrincipal json.RawMessage
	Action       json.RawMessage
	NotAction    json.RawMessage
	Condition    json.RawMessage
}

// oneOrMore is a list that may be written as its only entry.
type oneOrMore[T any] []T

// UnmarshalJSON reads both forms.
func (o *oneOrMore[T]) UnmarshalJSON(text []byte) error {
	if text[0] == '[' {
		return json.Unmarshal(text, (*[]T)(o))
	}
	var one T
	err := json.Unmarshal(text, &one)
	*o = oneOrMore[T]{one}
	return err
}

// parsePolicy checks the form of a resource policy.
func parsePolicy(text string) (policy, error) {
	var p policy
	malformed := wire.Errorf(wire.MalformedPolicyDocument, "This resource policy contains invalid Json.")
	if json.Unmarshal([]byte(text), &p) != nil || len(p.Statement) == 0 {
		return policy{}, malformed
	}
	for _, s := range p.Statement {
		if (s.Effect != "Allow" && s.Effect != "Deny") || (s.Principal == nil) == (s.NotPrincipal == nil) ||
			(s.Action == nil) == (s.NotAction == nil) {
			return policy{}, wire.Errorf(wire.MalformedPolicyDocument,
				"This resource policy has a statement without an Effect, a Principal or an Action.")
		}
	}
	return p, nil
}

// public reports whether a policy lets everybody in.
func (p policy) public() bool {
	for _, s := range p.Statement {
		if s.Effect == "Allow" && s.Condition == nil && (s.NotPrincipal != nil || namesEverybody(s.Principal)) {
			return true
		}
	}
	return false
}

func namesEverybody(principal json.RawMessage) bool {
	var everybody string
	if json.Unmarshal(principal, &everybody) == nil {
		return everybody == "*"
	}
	var services map[string]oneOrMore[string]
	if json.Unmarshal(principal, &services) != nil {
		return false
	}
	return slices.Contains(services["AWS"], "*")
}

package vault

import (
	"bytes"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// AWSValue is a value in the form of AWS Secrets Manager.
type AWSValue struct {
	String string // SecretString
	Binary []byte // SecretBinary; nil if the value is a string
}

// Value returns the value and the kind that it has here. A JSON object whose members are
// strings, numbers, booleans or null is a credential if it has a username and a password,
// and else kv. All other values are plaintext.
func (a AWSValue) Value() (Kind, Value) {
	if a.Binary != nil {
		return Plaintext, Value{Plain: a.Binary, Binary: a.Binary}
	}
	if _, ok := flatMembers(a.String); !ok {
		return Plaintext, Value{Plain: Bytes(a.String)}
	}
	value := Value{JSON: a.String}.read()
	_, hasUsername := value.Fields["username"]
	_, hasPassword := value.Fields["password"]
	if hasUsername && hasPassword {
		return Credential, value
	}
	return KV, value
}

// AWS returns the value in the form of AWS Secrets Manager. A value that came in that form
// comes back to the byte. Fields become the JSON object that AWS's rotation functions
// expect. The error is [ErrInvalid] for a field that is not UTF-8.
func (v Value) AWS() (AWSValue, error) {
	switch {
	case v.JSON != "":
		return AWSValue{String: v.JSON}, nil
	case v.Binary != nil:
		return AWSValue{Binary: v.Binary}, nil
	case v.Fields == nil && utf8.Valid(v.Plain):
		return AWSValue{String: string(v.Plain)}, nil
	case v.Fields == nil:
		return AWSValue{Binary: v.Plain}, nil
	}
	var members []string
	for _, name := range slices.SortedFunc(maps.Keys(v.Fields), compareAWSFields) {
		field := v.Fields[name]
		if !utf8.Valid(field) {
			return AWSValue{}, Errorf(ErrInvalid, "the field %q is binary, which JSON in AWS cannot hold", name)
		}
		value := quoted(field)
		if port, err := strconv.ParseUint(string(field), 10, 16); name == "port" && err == nil &&
			field[0] != '0' && port > 0 {
			value = string(field)
		}
		members = append(members, quoted(Bytes(name))+":"+value)
	}
	return AWSValue{String: "{" + strings.Join(members, ",") + "}"}, nil
}

// compareAWSFields orders fields as the JSON of AWS has them, and others behind those.
func compareAWSFields(a, b string) int {
	order := []string{"engine", "host", "username", "password", "dbname", "port"}
	i, j := slices.Index(order, a), slices.Index(order, b)
	switch {
	case i >= 0 && j >= 0:
		return i - j
	case i >= 0:
		return -1
	case j >= 0:
		return 1
	}
	return strings.Compare(a, b)
}

// equal reports whether two values are the same for AWS's API.
func (a AWSValue) equal(other AWSValue) bool {
	return a.String == other.String && bytes.Equal(a.Binary, other.Binary) && (a.Binary == nil) == (other.Binary == nil)
}

package vault

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"unicode/utf8"
)

// MaxValueSize is the largest value of one version, in bytes: of a plaintext
// secret its bytes, of others the names and values of all fields together.
const MaxValueSize = 1 << 20

// Kind is the form of a secret's values. It never changes.
type Kind string

// The kinds of secrets.
const (
	Plaintext  Kind = "plaintext"  // any bytes
	KV         Kind = "kv"         // key-value pairs
	Credential Kind = "credential" // username, password and the service they are for
)

// Kinds lists all kinds.
func Kinds() []Kind { return []Kind{Plaintext, KV, Credential} }

// ParseKind checks s. The error is [ErrInvalid].
func ParseKind(s string) (Kind, error) {
	if k := Kind(s); slices.Contains(Kinds(), k) {
		return k, nil
	}
	return "", Errorf(ErrInvalid, "%q is not a kind; the kinds are %s, %s and %s", s, Plaintext, KV, Credential)
}

// Bytes is a value or a part of one. In JSON it is a string where it is valid
// UTF-8, else {"base64": "…"}, so that any bytes come back as they were.
type Bytes []byte

// MarshalJSON implements [json.Marshaler].
func (b Bytes) MarshalJSON() ([]byte, error) {
	if !utf8.Valid(b) {
		return json.Marshal(base64Bytes{b})
	}
	// The caller decides on escaping <, > and &, which passwords often hold: the
	// result of json.Marshal does not tell where they were escaped.
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(string(b))
	return bytes.TrimSuffix(text.Bytes(), []byte("\n")), err
}

// UnmarshalJSON implements [json.Unmarshaler].
func (b *Bytes) UnmarshalJSON(data []byte) error {
	if bytes.HasPrefix(data, []byte("{")) {
		var encoded base64Bytes
		err := json.Unmarshal(data, &encoded)
		*b = encoded.Base64
		return err
	}
	var text string
	err := json.Unmarshal(data, &text)
	*b = Bytes(text)
	return err
}

type base64Bytes struct {
	Base64 []byte `json:"base64"`
}

// Value is the content of one version of a secret. A plaintext secret has Plain and
// no fields, the others have fields.
type Value struct {
	Plain  Bytes            `json:"value,omitzero"`
	Fields map[string]Bytes `json:"fields,omitzero"`
}

// FieldNames returns the names of the fields in order.
func (v Value) FieldNames() []string { return slices.Sorted(maps.Keys(v.Fields)) }

// Equal reports whether two values are the same byte for byte.
func (v Value) Equal(other Value) bool {
	return bytes.Equal(v.Plain, other.Plain) &&
		maps.EqualFunc(v.Fields, other.Fields, func(a, b Bytes) bool { return bytes.Equal(a, b) })
}

// same reports whether two values are the same for the user of AWS's API.
func (v Value) same(other Value) bool { return v.Equal(other) }

// Merged returns a copy of v in which the fields of changes replace those of v.
func (v Value) Merged(changes Value) Value {
	merged := Value{Plain: v.Plain, Fields: maps.Clone(v.Fields)}
	if merged.Fields == nil {
		merged.Fields = map[string]Bytes{}
	}
	maps.Copy(merged.Fields, changes.Fields)
	return merged
}

func (v Value) check(kind Kind) error {
	if kind == Plaintext && v.Fields != nil {
		return Errorf(ErrInvalid, "a plaintext secret has no fields")
	}
	if kind != Plaintext && v.Plain != nil {
		return Errorf(ErrInvalid, "a %s secret holds fields, not one value", kind)
	}
	if kind != Plaintext && len(v.Fields) == 0 {
		return Errorf(ErrInvalid, "a %s secret needs at least one field", kind)
	}
	size := len(v.Plain)
	for field, value := range v.Fields {
		if err := CheckField(field); err != nil {
			return err
		}
		size += len(field) + len(value)
	}
	if size > MaxValueSize {
		return Errorf(ErrInvalid, "the value is larger than %d bytes (1 MiB), which is the limit", MaxValueSize)
	}
	return nil
}

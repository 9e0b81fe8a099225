package vault

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"unicode/utf8"
)

// MaxValueSize is the largest value of one version, in bytes: of a plaintext
// secret its bytes, of others the names and values of all fields together, or the text
// of their JSON.
const MaxValueSize = 1 << 20

// Kind is the form of a value. A secret has the kind of its current version.
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

// Value is the content of one version of a secret. A plaintext value has Plain and no
// fields, the others have fields.
//
// A value that came through AWS's API keeps the form in which it came: see [AWSValue]. The
// other members are read from that, and must not be changed: [Value.Merged] and
// [Value.WithFields] make another value.
type Value struct {
	Plain  Bytes            `json:"value,omitzero"`
	Fields map[string]Bytes `json:"fields,omitzero"`
	JSON   string           `json:"json,omitempty"`  // the exact text of which Fields are the members
	Binary []byte           `json:"binary,omitzero"` // Plain, where it is binary even if it could be a text
}

// empty reports whether there is no value, which an empty one is.
func (v Value) empty() bool {
	return v.Plain == nil && v.Fields == nil && v.JSON == "" && v.Binary == nil
}

// read is v with the members that are read from others.
func (v Value) read() Value {
	if v.JSON != "" {
		v.Fields = flatFields(v.JSON)
	}
	if v.Binary != nil {
		v.Plain = v.Binary
	}
	return v
}

// stored is v without the members that are read from others, as it is on the disk.
func (v Value) stored() Value {
	if v.JSON != "" {
		v.Fields = nil
	}
	if v.Binary != nil {
		v.Plain = nil
	}
	return v
}

// wellFormed reports whether v is in one form only, as it is on the disk. No form at all
// may be one that a later version of this program knows.
func (v Value) wellFormed() bool {
	forms := 0
	for _, there := range []bool{v.Plain != nil, v.Fields != nil, v.JSON != "", v.Binary != nil} {
		if there {
			forms++
		}
	}
	if v.JSON == "" {
		return forms <= 1
	}
	_, flat := flatMembers(v.JSON)
	return forms == 1 && flat
}

// FieldNames returns the names of the fields in order.
func (v Value) FieldNames() []string { return slices.Sorted(maps.Keys(v.Fields)) }

// Equal reports whether two values have the same bytes and fields. The text of their JSON
// may differ.
func (v Value) Equal(other Value) bool {
	return bytes.Equal(v.Plain, other.Plain) &&
		maps.EqualFunc(v.Fields, other.Fields, func(a, b Bytes) bool { return bytes.Equal(a, b) })
}

// same reports whether two values are the same for AWS's API.
func (v Value) same(other Value) bool {
	a, err := v.AWS()
	b, otherErr := other.AWS()
	if err != nil || otherErr != nil {
		return v.Equal(other)
	}
	return a.equal(b)
}

// Merged returns a copy of v in which the fields of changes replace those of v.
func (v Value) Merged(changes Value) Value {
	fields := maps.Clone(v.Fields)
	if fields == nil {
		fields = map[string]Bytes{}
	}
	maps.Copy(fields, changes.Fields)
	return v.WithFields(fields)
}

// WithFields returns a copy of v with other fields. In a value that is JSON, the members
// whose fields stay keep their text: a number stays the same number.
func (v Value) WithFields(fields map[string]Bytes) Value {
	if v.JSON == "" {
		return Value{Plain: v.Plain, Fields: fields}
	}
	text, ok := editFlat(v.JSON, fields)
	if !ok || len(fields) == 0 {
		return Value{Fields: fields}
	}
	return Value{JSON: text}.read()
}

func (v Value) check(kind Kind) error {
	if v.JSON != "" || v.Binary != nil {
		return v.checkStored(kind)
	}
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
	return checkSize(size)
}

// checkStored is check for a value that has JSON or Binary.
func (v Value) checkStored(kind Kind) error {
	if !v.stored().wellFormed() {
		return Errorf(ErrInvalid, "the value is in two forms, or its JSON is no object of texts and numbers")
	}
	if (kind == Plaintext) != (v.Binary != nil) {
		return Errorf(ErrInvalid, "a %s secret cannot have a value of this form", kind)
	}
	return checkSize(len(v.JSON) + len(v.Binary))
}

func checkSize(size int) error {
	if size > MaxValueSize {
		return Errorf(ErrLimit, "the value is larger than %d bytes (1 MiB), which is the limit", MaxValueSize)
	}
	return nil
}

// Package picked reads the values to which references lead.
package picked

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"example.org/secret/vault"
)

// Value is one version of a secret, or one field of it.
type Value struct {
	Secret  *vault.Secret
	Version vault.Version
	Field   string
	Bytes   vault.Bytes // of a field or of a plaintext secret
}

// Find reads the value to which a reference leads. The error is [vault.ErrNotFound] or [vault.ErrDeleted] if there is
// none.
func Find(v *vault.Vault, ref vault.Reference) (Value, error) {
	s, err := v.Get(ref.Name)
	if err != nil {
		return Value{}, err
	}
	return From(s, ref)
}

// From returns the value of a secret to which a reference leads.
func From(s *vault.Secret, ref vault.Reference) (Value, error) {
	if err := s.Deleted(); err != nil {
		return Value{}, err
	}
	p := Value{Secret: s, Field: ref.Field}
	var err error
	if p.Version, err = s.Find(ref.Version); err != nil {
		return Value{}, err
	}
	p.Bytes = p.Version.Plain
	if ref.Field != "" {
		if p.Bytes, err = s.Field(p.Version, ref.Field); err != nil {
			if names := p.Version.FieldNames(); len(names) > 0 {
				return Value{}, vault.Errorf(vault.ErrNotFound, "%s", err.Error()+"; it has "+strings.Join(names, ", "))
			}
			return Value{}, err
		}
	}
	return p, nil
}

// Kind returns the kind of the version.
func (p Value) Kind() vault.Kind { return cmp.Or(p.Version.Kind, p.Secret.Kind) }

// IsWhole reports whether the value is all fields of a secret with fields.
func (p Value) IsWhole() bool { return p.Field == "" && p.Kind() != vault.Plaintext }

// Text returns the text that replaces a reference: the value, or a JSON object of all fields.
func (p Value) Text() (vault.Bytes, error) {
	if !p.IsWhole() {
		return p.Bytes, nil
	}
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(p.Version.Fields); err != nil {
		return nil, fmt.Errorf("cannot encode %s: %w", p.Secret.Name, err)
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// PublicFields returns the fields of a credential that are no secrets: they say where it is used.
func PublicFields() []string { return []string{"username", "engine", "host", "port", "dbname"} }

// Hidden returns the bytes that no output may show.
func (p Value) Hidden() [][]byte {
	switch {
	case p.IsWhole():
		return HiddenIn(p.Kind(), p.Version.Value)
	case isPublic(p.Kind(), p.Field):
		return nil
	}
	return [][]byte{p.Bytes}
}

// HiddenIn returns the bytes of a whole value that no output may show.
func HiddenIn(kind vault.Kind, value vault.Value) [][]byte {
	if kind == vault.Plaintext {
		return [][]byte{value.Plain}
	}
	var all [][]byte
	for field, value := range value.Fields {
		if !isPublic(kind, field) {
			all = append(all, value)
		}
	}
	return all
}

func isPublic(kind vault.Kind, field string) bool {
	return kind == vault.Credential && slices.Contains(PublicFields(), field)
}

// FieldOf returns the first field that has one of the names, or nothing. The names are in lower case without
// separators: AccessKeyId, access_key_id and access-key-id are accesskeyid.
func (p Value) FieldOf(names ...string) string {
	for _, name := range names {
		for field, value := range p.Version.Fields {
			if strings.ToLower(strings.NewReplacer("_", "", "-", "", ".", "").Replace(field)) == name {
				return string(value)
			}
		}
	}
	return ""
}

// Lacks returns the error of a secret without the fields that a program needs.
func (p Value) Lacks(fields string) error {
	return vault.Errorf(vault.ErrNotFound, "%q lacks the fields %s", p.Secret.Name, fields)
}

// Resolver reads each secret once, so that all its fields are of one moment. The zero Resolver with Open is ready.
type Resolver struct {
	// Open opens the vault. It is called with the first reference.
	Open    func() (*vault.Vault, error)
	vault   *vault.Vault
	secrets map[vault.Name]*vault.Secret
}

// Find reads the value to which a reference leads.
func (r *Resolver) Find(ref vault.Reference) (Value, error) {
	if r.vault == nil {
		v, err := r.Open()
		if err != nil {
			return Value{}, err
		}
		r.vault, r.secrets = v, map[vault.Name]*vault.Secret{}
	}
	s := r.secrets[ref.Name]
	if s == nil {
		var err error
		if s, err = r.vault.Get(ref.Name); err != nil {
			return Value{}, err
		}
		r.secrets[ref.Name] = s
	}
	return From(s, ref)
}

// Parse reads the value to which the text of a reference leads.
func (r *Resolver) Parse(text string) (Value, error) {
	ref, err := vault.ParseReference(text)
	if err != nil {
		return Value{}, err
	}
	return r.Find(ref)
}

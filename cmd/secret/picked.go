package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"example.org/secret/vault"
)

// picked is one version of a secret, or one field of it.
type picked struct {
	secret  *vault.Secret
	version vault.Version
	field   string
	bytes   vault.Bytes // of a field or of a plaintext secret
}

func pick(v *vault.Vault, ref vault.Reference) (picked, error) {
	s, err := v.Get(ref.Name)
	if err != nil {
		return picked{}, err
	}
	return pickFrom(s, ref)
}

func pickFrom(s *vault.Secret, ref vault.Reference) (picked, error) {
	if err := s.Deleted(); err != nil {
		return picked{}, err
	}
	p := picked{secret: s, field: ref.Field}
	var err error
	if p.version, err = s.Find(ref.Version); err != nil {
		return picked{}, err
	}
	p.bytes = p.version.Plain
	if ref.Field != "" {
		if p.bytes, err = s.Field(p.version, ref.Field); err != nil {
			if names := p.version.FieldNames(); len(names) > 0 {
				return picked{}, vault.Errorf(vault.ErrNotFound, "%s", err.Error()+"; it has "+strings.Join(names, ", "))
			}
			return picked{}, err
		}
	}
	return p, nil
}

// isWhole reports whether all fields of a secret with fields are meant.
func (p picked) isWhole() bool { return p.field == "" && p.secret.Kind != vault.Plaintext }

// text is what stands for a reference in a text: the value, or of a secret with
// fields a JSON object of them.
func (p picked) text() (vault.Bytes, error) {
	if !p.isWhole() {
		return p.bytes, nil
	}
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(p.version.Fields); err != nil {
		return nil, fmt.Errorf("encoding %s: %w", p.secret.Name, err)
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// hidden are the values that must not be seen in any output. Where a credential
// is for is no secret.
func (p picked) hidden() [][]byte {
	public := func(field string) bool {
		return p.secret.Kind == vault.Credential && slices.Contains(credentialFlags, field)
	}
	if !p.isWhole() {
		if public(p.field) {
			return nil
		}
		return [][]byte{p.bytes}
	}
	var all [][]byte
	for field, value := range p.version.Fields {
		if !public(field) {
			all = append(all, value)
		}
	}
	return all
}

// resolver reads what is referred to. It opens the vault when that is first
// needed, and reads each secret once, so that its fields are of one moment.
type resolver struct {
	*app
	vault   *vault.Vault
	secrets map[vault.Name]*vault.Secret
}

func (r *resolver) pick(ref vault.Reference) (picked, error) {
	if r.vault == nil {
		v, err := r.openVault()
		if err != nil {
			return picked{}, err
		}
		r.vault, r.secrets = v, map[vault.Name]*vault.Secret{}
	}
	s := r.secrets[ref.Name]
	if s == nil {
		var err error
		if s, err = r.vault.Get(ref.Name); err != nil {
			return picked{}, err
		}
		r.secrets[ref.Name] = s
	}
	return pickFrom(s, ref)
}

func (a *app) pickArg(arg string) (picked, error) {
	ref, err := vault.ParseReference(arg)
	if err != nil {
		return picked{}, err
	}
	return (&resolver{app: a}).pick(ref)
}

func (a *app) pickWhole(arg string) (picked, error) {
	p, err := a.pickArg(arg)
	if err == nil && !p.isWhole() {
		return picked{}, usagef("%q is no secret with fields", arg)
	}
	return p, err
}

func missingFields(p picked, want string) error {
	return vault.Errorf(vault.ErrNotFound, "%q lacks the fields %s", p.secret.Name, want)
}

// fieldOf finds a field by any of its usual names, however they are written:
// AccessKeyId, access_key_id and access-key-id are one.
func fieldOf(fields map[string]vault.Bytes, names ...string) string {
	for _, name := range names {
		for field, value := range fields {
			if strings.ToLower(strings.NewReplacer("_", "", "-", "", ".", "").Replace(field)) == name {
				return string(value)
			}
		}
	}
	return ""
}

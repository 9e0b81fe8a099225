package picked_test

import (
	"errors"
	"testing"

	"example.org/secret/cmd/secret/internal/picked"
	"example.org/secret/vault"
)

func TestFieldOf(t *testing.T) {
	p := picked.Value{Version: vault.Version{Value: vault.Value{Fields: map[string]vault.Bytes{
		"AWS_ACCESS_KEY_ID": vault.Bytes("AKIA"), "secret-access.key": vault.Bytes("shh"),
	}}}}
	if got := p.FieldOf("accesskeyid", "awsaccesskeyid"); got != "AKIA" {
		t.Errorf("the ID is %q", got)
	}
	if got := p.FieldOf("secretaccesskey"); got != "shh" {
		t.Errorf("the key is %q", got)
	}
	if got := p.FieldOf("token"); got != "" {
		t.Errorf("the token is %q", got)
	}
}

// The names of a credential's public fields may be shown, and its password may not.
func TestHidden(t *testing.T) {
	s := &vault.Secret{Meta: vault.Meta{Name: "db", Kind: vault.Credential}}
	whole := picked.Value{Secret: s, Version: vault.Version{Value: vault.Value{Fields: map[string]vault.Bytes{
		"username": vault.Bytes("app"), "password": vault.Bytes("hunter2"),
	}}}}
	if got := whole.Hidden(); len(got) != 1 || string(got[0]) != "hunter2" {
		t.Errorf("of the credential %q are hidden", got)
	}
	user := picked.Value{Secret: s, Field: "username", Bytes: vault.Bytes("app")}
	if got := user.Hidden(); len(got) != 0 {
		t.Errorf("of the user's name %q are hidden", got)
	}
}

func TestResolverOpensVaultWhenNeeded(t *testing.T) {
	locked := errors.New("locked")
	opened := 0
	r := picked.Resolver{Open: func() (*vault.Vault, error) { opened++; return nil, locked }}
	if _, err := r.Parse("not a reference\n"); err == nil || opened != 0 {
		t.Errorf("a malformed reference: the error is %v, and the vault was opened %d times", err, opened)
	}
	if _, err := r.Parse("prod/db"); !errors.Is(err, locked) || opened != 1 {
		t.Errorf("the error is %v, and the vault was opened %d times", err, opened)
	}
}

package environ_test

import (
	"testing"

	"example.org/secret/cmd/secret/internal/environ"
	"example.org/secret/cmd/secret/internal/picked"
	"example.org/secret/vault"
)

func TestParseArg(t *testing.T) {
	for _, test := range []struct{ arg, ref, prefix string }{
		{"stripe", "secret://stripe", ""},
		{"prod/db=DB_", "secret://prod/db", "DB_"},
		{"prod/db#password=PGPASSWORD", "secret://prod/db#password", "PGPASSWORD"},
		{"secret://prod/db#password?version=3=X", "secret://prod/db#password?version=3", "X"},
		{"prod/db?version=3", "secret://prod/db?version=3", ""},
		{"prod/db?label=next", "secret://prod/db?label=next", ""},
		{"prod/db?label=next=DB_", "secret://prod/db?label=next", "DB_"},
		{"odd==", "secret://odd=", ""},
		{"odd=name=", "secret://odd=name", ""},
		{"odd=1", "secret://odd=1", ""},
	} {
		ref, prefix, err := environ.ParseArg(test.arg)
		if err != nil || ref.String() != test.ref || prefix != test.prefix {
			t.Errorf("%s: got %s and %q, %v; want %s and %q", test.arg, ref, prefix, err, test.ref, test.prefix)
		}
	}
}

func TestVariables(t *testing.T) {
	for _, test := range []struct {
		kind                vault.Kind
		field, prefix, want string
		single              bool
	}{
		{vault.KV, "token", "", "token", false},
		{vault.KV, "token", "DB_", "DB_token", false},
		{vault.KV, "token", "DB_", "DB_TOKEN", true},
		{vault.KV, "token", "NAME", "NAME", true},
		{vault.KV, "a-b", "", "A_B", false},
		{vault.KV, "1a", "", "_1A", false},
		{vault.KV, "1a", "DB_", "DB_1A", false},
		{vault.KV, "1a", "", "_1A", true},
		{vault.KV, "1a", "DB_", "DB_1A", true},
		{vault.Credential, "1a", "DB_", "DB_1A", false},
	} {
		p := picked.Value{Secret: &vault.Secret{}, Version: vault.Version{Kind: test.kind}}
		p.Version.Fields = map[string]vault.Bytes{test.field: vault.Bytes("v")}
		if test.single {
			p.Field, p.Bytes = test.field, vault.Bytes("v")
		}
		got, err := environ.Variables(p, test.prefix)
		if err != nil || len(got) != 1 || got[0] != (environ.Variable{Name: test.want, Value: "v"}) {
			t.Errorf("the field %q with the prefix %q: got %v, %v; want %s", test.field, test.prefix, got, err, test.want)
		}
	}
}

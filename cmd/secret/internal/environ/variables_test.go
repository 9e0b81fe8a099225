package environ_test

import (
	"testing"

	"example.org/secret/cmd/secret/internal/environ"
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

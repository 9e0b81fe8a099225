package input_test

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"example.org/secret/cmd/secret/internal/input"
	"example.org/secret/vault"

	"github.com/spf13/cobra"
)

// read parses a command line and reads its value. Standard input holds "piped\n".
func read(t *testing.T, existing *vault.Secret, line ...string) (version input.Version, warnings int, err error) {
	t.Helper()
	var spec input.Spec
	cmd := &cobra.Command{RunE: func(_ *cobra.Command, args []string) (err error) {
		spec.Pairs = args
		if err := spec.Check(); err != nil {
			return err
		}
		source := input.Source{
			Stdin: strings.NewReader("piped\n"), Rand: zeros{}, Warn: func(string, ...any) { warnings++ },
		}
		version, err = spec.Read(source, existing, "s")
		return err
	}}
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	spec.AddFlags(cmd)
	cmd.SetArgs(line)
	return version, warnings, cmd.Execute()
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

func existing(kind vault.Kind) *vault.Secret {
	return &vault.Secret{Meta: vault.Meta{Name: "s", Kind: kind}, Versions: []vault.Version{{Number: 1}}}
}

func TestRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, []byte("from a file\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	type fields = map[string]vault.Bytes
	text := func(s string) fields { return fields{"": vault.Bytes(s)} }
	for name, c := range map[string]struct {
		existing vault.Kind
		line     string
		kind     vault.Kind
		want     fields // under "" the value of a plaintext secret
		warnings int
	}{
		"a pipe":              {"", "", vault.Plaintext, text("piped"), 0},
		"a pipe, to the byte": {"", "--raw", vault.Plaintext, text("piped\n"), 0},
		"a file":              {"", "--file " + path, vault.Plaintext, text("from a file\n"), 0},
		"the command line":    {"", "--value v", vault.Plaintext, text("v"), 1},
		"empty on purpose":    {"", "--value= --allow-empty", vault.Plaintext, text(""), 1},
		"pairs": {
			"", "A=1 B=- C=@" + path + " D=@@x", vault.KV,
			fields{"A": []byte("1"), "B": []byte("piped"), "C": []byte("from a file\n"), "D": []byte("@x")},
			1,
		},
		"flags of a credential": {
			"", "--username app --value p", vault.Credential,
			fields{"username": []byte("app"), "password": []byte("p")},
			1,
		},
		"pairs of a credential": {
			"credential", "note=x", vault.Credential,
			fields{"note": []byte("x"), "password": []byte("piped")},
			1,
		},
		"a credential keeps by merge": {"credential", "--merge --host db", vault.Credential, fields{"host": []byte("db")}, 0},
		"a URL": {
			"", "--from-url postgres://app:p@db/shop", vault.Credential,
			fields{
				"engine": []byte("postgres"), "username": []byte("app"), "password": []byte("p"), "host": []byte("db"),
				"dbname": []byte("shop"),
			},
			1,
		},
	} {
		t.Run(name, func(t *testing.T) {
			var before *vault.Secret
			if c.existing != "" {
				before = existing(c.existing)
			}
			got, warnings, err := read(t, before, strings.Fields(c.line)...)
			if err != nil {
				t.Fatal(err)
			}
			value := got.Value.Fields
			if got.Kind == vault.Plaintext {
				value = fields{"": got.Value.Plain}
			}
			equal := maps.EqualFunc(value, c.want, func(a, b vault.Bytes) bool { return string(a) == string(b) })
			if got.Kind != c.kind || !equal || warnings != c.warnings {
				t.Errorf("got a %s %q with %d warnings", got.Kind, value, warnings)
			}
		})
	}
}

func TestReadRefuses(t *testing.T) {
	for line, want := range map[string]string{
		"--value=":                    "the value is empty",
		"A=":                          "",
		"hunter2":                     "may be a value or a key",
		"A=1 A=2":                     `the field "A" is given twice`,
		"A=- B=-":                     "standard input can be the value of one field only",
		"=hunter2":                    "argument 2 is not KEY=VALUE",
		"A=1 --value hunter2":         "for one value",
		"--kv --username app":         "a kv secret has no --username",
		"--merge":                     "--merge is for secrets with fields",
		"--length 20":                 "--length is for a password that is made",
		"--generate --length 0":       "the length must be 1 to",
		"--username a password=p -g":  "is given twice",
		"--file /nonexistent/hunter2": "cannot read the value",
	} {
		_, _, err := read(t, nil, strings.Fields(line)...)
		switch {
		case want == "" && err != nil:
			t.Errorf("%q: %v", line, err)
		case want == "":
		case !errors.Is(err, vault.ErrInvalid) || !strings.Contains(err.Error(), want):
			t.Errorf("%q: got %v, want %q", line, err, want)
		case strings.Contains(err.Error(), "hunter2") && !strings.Contains(line, "--file"):
			t.Errorf("%q: the error repeats the value: %v", line, err)
		}
	}
	if _, _, err := read(t, existing(vault.KV), "--file", "/dev/null"); !errors.Is(err, vault.ErrInvalid) {
		t.Errorf("a file for a kv secret: %v", err)
	}
	if _, _, err := read(t, existing(vault.Plaintext), "A=1"); err == nil ||
		!strings.Contains(err.Error(), "cannot become") {
		t.Errorf("pairs for a plaintext secret: %v", err)
	}
}

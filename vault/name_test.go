package vault_test

import (
	"errors"
	"strings"
	"testing"

	"example.org/secret/vault"
)

// hostile are texts that no name, label or field may smuggle in: paths out of the
// vault are among it only where a character gives them away, since a name never
// becomes a path.
var hostile = []string{
	"", " ", "a b", "a\tb", "a\nb", "a\rb", "a\x00b", "\x1b[2J", "a\x7fb", "a\\b", "C:x", "a:b", "*", "?", "[a]", "a!",
	"é", "a\u202eb", "a\u2028b", "\xff", "a\xc3", "\ufeffa", "~", "$HOME", "a;b", "a#b", "a%2fb", "`a`", "a|b",
	"a'b", `a"b`,
}

func TestParseName(t *testing.T) {
	good := []string{
		"a", "openai/key", "prod/db.password", "A-Z_0+9=x@y", strings.Repeat("n", 512),
		// Odd, but names: they are only ever hashed.
		"..", "../../etc/passwd", "/abs", "a//b", "a/", ".", "-rf", "CON", "nul.txt", "trailing.", "123",
	}
	for _, s := range good {
		if name, err := vault.ParseName(s); err != nil || string(name) != s {
			t.Errorf("%.40q: %q, %v", s, name, err)
		}
	}
	for _, s := range append(hostile, strings.Repeat("n", 513)) {
		name, err := vault.ParseName(s)
		if !errors.Is(err, vault.ErrInvalid) || name != "" {
			t.Errorf("%.40q: %q, %v", s, name, err)
		}
		if err != nil && strings.ContainsFunc(err.Error(), func(r rune) bool { return r < ' ' || r == 0x7f || r == 0x202e }) {
			t.Errorf("the error holds characters that a terminal obeys: %q", err)
		}
	}
}

func TestParseLabel(t *testing.T) {
	for _, s := range []string{
		"current", "a", "v1", "2024-01", "AWSSOMETHING", "blue/green", "1", "a b", "출시",
		strings.Repeat("l", 256), strings.Repeat("é", 256),
	} {
		if label, err := vault.ParseLabel(s); err != nil || string(label) != s {
			t.Errorf("%.40q: %q, %v", s, label, err)
		}
	}
	for _, s := range []string{
		"", "a\tb", "a\nb", "a\x00b", "\x1b[2J", "a\x7fb", "\u009b", "\xff", "a\xc3",
		strings.Repeat("l", 257),
	} {
		if label, err := vault.ParseLabel(s); !errors.Is(err, vault.ErrInvalid) || label != "" {
			t.Errorf("%.40q: %q, %v", s, label, err)
		}
	}
}

func TestAWSLabels(t *testing.T) {
	for label, name := range map[vault.Label]string{
		"current": "AWSCURRENT", "pending": "AWSPENDING", "previous": "AWSPREVIOUS", "AWSSOMETHING": "AWSSOMETHING",
		"Current": "Current", "a b": "a b",
	} {
		if got, err := vault.ParseAWSLabel(name); err != nil || got != label || label.AWS() != name {
			t.Errorf("%s is %q, %v, and back %s", name, got, err, label.AWS())
		}
	}
	for _, s := range []string{"", "current", "pending", "previous", "a\nb", strings.Repeat("l", 257)} {
		if got, err := vault.ParseAWSLabel(s); !errors.Is(err, vault.ErrInvalid) || got != "" {
			t.Errorf("%.20q: %q, %v", s, got, err)
		}
	}
}

func TestParseKind(t *testing.T) {
	for _, s := range []string{"plaintext", "kv", "credential"} {
		if kind, err := vault.ParseKind(s); err != nil || string(kind) != s {
			t.Errorf("%q: %q, %v", s, kind, err)
		}
	}
	for _, s := range []string{"", "KV", "text", "kv "} {
		if kind, err := vault.ParseKind(s); !errors.Is(err, vault.ErrInvalid) || kind != "" {
			t.Errorf("%q: %q, %v", s, kind, err)
		}
	}
}

func TestCheckField(t *testing.T) {
	for _, s := range []string{
		"password", "API_KEY", "two words", "naïve", "a#b?c=d/e%", "\ufffd",
		strings.Repeat("f", 256),
	} {
		if err := vault.CheckField(s); err != nil {
			t.Errorf("%.40q: %v", s, err)
		}
	}
	for _, s := range []string{"", "a\nb", "a\x00", "\x1b[2J", "\u009b", "\xff", strings.Repeat("f", 257)} {
		if err := vault.CheckField(s); !errors.Is(err, vault.ErrInvalid) {
			t.Errorf("%.40q: %v", s, err)
		}
	}
}

var oddID = strings.Repeat("%23%3F%25 ", 8)

const aUUID = "0b8f6a3e-3b1c-4f0e-9a57-1d2c3b4a5f60"

func TestParseSelector(t *testing.T) {
	for s, want := range map[string]vault.Selector{
		"1":                                {Number: 1},
		"2147483647":                       {Number: 2147483647},
		aUUID:                              {ID: aUUID},
		strings.ToUpper(aUUID):             {ID: strings.ToUpper(aUUID)}, // another id
		strings.Replace(aUUID, "-", "", 4): {ID: strings.Replace(aUUID, "-", "", 4)},
		strings.Repeat("7", 32):            {ID: strings.Repeat("7", 32)},
		strings.Repeat("a ~!", 16):         {ID: strings.Repeat("a ~!", 16)},
	} {
		if got, err := vault.ParseSelector(s); err != nil || got != want {
			t.Errorf("%q: %+v, %v", s, got, err)
		}
	}
	for _, s := range []string{
		"", "0", "-1", "1.5", "0x1", "1e3", " 1", "current", "99999999999999999999", aUUID[:31],
		aUUID + aUUID, "1\n", aUUID + "\n", aUUID + "é",
	} {
		if got, err := vault.ParseSelector(s); !errors.Is(err, vault.ErrInvalid) || got != (vault.Selector{}) {
			t.Errorf("%q: %+v, %v", s, got, err)
		}
	}
}

func TestParseReference(t *testing.T) {
	for s, want := range map[string]vault.Reference{
		"a":                          {Name: "a"},
		"secret://a":                 {Name: "a"},
		"secret://prod/db#password":  {Name: "prod/db", Field: "password"},
		"prod/db#password?version=3": {Name: "prod/db", Field: "password", Version: vault.Selector{Number: 3}},
		"prod/db?version=3#password": {Name: "prod/db", Field: "password", Version: vault.Selector{Number: 3}},
		"a?version=" + aUUID:         {Name: "a", Version: vault.Selector{ID: aUUID}},
		"a?label=previous":           {Name: "a", Version: vault.Selector{Label: "previous"}},
		"a?label=b=c+d":              {Name: "a", Version: vault.Selector{Label: "b=c+d"}},
		"a?version=" + oddID:         {Name: "a", Version: vault.Selector{ID: strings.Repeat("#?% ", 8)}},
		"a?label=1":                  {Name: "a", Version: vault.Selector{Label: "1"}},
		"a?label=b%23 %25c#f":        {Name: "a", Field: "f", Version: vault.Selector{Label: "b# %c"}},
		"a=b+c@d#x":                  {Name: "a=b+c@d", Field: "x"},
		"a#two%20words":              {Name: "a", Field: "two words"},
		"a#%23%3F%25%2F":             {Name: "a", Field: "#?%/"},
		"a#b#c":                      {Name: "a", Field: "b#c"},
		"secret://../a#b":            {Name: "../a", Field: "b"},
	} {
		got, err := vault.ParseReference(s)
		if err != nil || got != want {
			t.Errorf("%q: %+v, %v", s, got, err)
			continue
		}
		if again, err := vault.ParseReference(got.String()); err != nil || again != want {
			t.Errorf("%q becomes %q, which is %+v, %v", s, got.String(), again, err)
		}
	}
	for _, s := range []string{
		"", "secret://", "#a", "secret://#a", "a#", "a?", "a?version", "a?version=", "a?version=0", "a?version=latest",
		"a?label=", "a?label=%", "a?label=%0a", "a?other=1", "a?version=1&label=b", "a#b?version=1?version=2", "a?version=1#",
		"a#%zz", "a#%0a", "SECRET://a", "https://a", "a b", "a\n", "secret://secret://a",
	} {
		if got, err := vault.ParseReference(s); !errors.Is(err, vault.ErrInvalid) || got != (vault.Reference{}) {
			t.Errorf("%q: %+v, %v", s, got, err)
		}
	}
}

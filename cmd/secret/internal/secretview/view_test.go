package secretview_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"example.org/secret/cmd/secret/internal/output"
	"example.org/secret/cmd/secret/internal/picked"
	"example.org/secret/cmd/secret/internal/secretview"
	"example.org/secret/vault"
)

// database returns a credential with two versions, whose passwords are hunter1 and hunter2.
func database() *vault.Secret {
	fields := func(password string) vault.Value {
		return vault.Value{Fields: map[string]vault.Bytes{
			"username": vault.Bytes("app"), "password": vault.Bytes(password), "host": vault.Bytes("db"),
			"engine": vault.Bytes("postgres"),
		}}
	}
	return &vault.Secret{
		Meta: vault.Meta{
			Name: "prod/db", ID: "id", Kind: vault.Credential,
			Annotations: vault.Annotations{Description: "the shop\x1b[31m", Tags: map[string]string{"env": "prod", "a": "b"}},
			Labels:      map[vault.Label]int{vault.Current: 2, vault.Previous: 1},
		},
		Versions: []vault.Version{
			{Number: 1, ID: "one", Kind: vault.Credential, Origin: vault.OriginSet, Value: fields("hunter1")},
			{Number: 2, ID: "two", Kind: vault.Credential, Origin: vault.OriginRollback, From: 1, Value: fields("hunter2")},
		},
	}
}

func view(asJSON bool) (secretview.View, *bytes.Buffer) {
	var b bytes.Buffer
	now := func() time.Time { return time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC) }
	return secretview.View{Out: &output.Output{Stdout: &b, Stderr: &b, Now: now}, AsJSON: asJSON}, &b
}

func TestNothingButValuesShowsThem(t *testing.T) {
	s := database()
	for name, print := range map[string]func(secretview.View) error{
		"Describe": func(v secretview.View) error { return v.Describe(s) },
		"History":  func(v secretview.View) error { return v.History(s) },
		"Diff":     func(v secretview.View) error { return v.Diff(s, s.Versions[0], s.Versions[1], false) },
	} {
		for _, asJSON := range []bool{false, true} {
			v, printed := view(asJSON)
			if err := print(v); err != nil {
				t.Fatal(err)
			}
			if printed.Len() == 0 || strings.Contains(printed.String(), "hunter") || strings.Contains(printed.String(), "\x1b") {
				t.Errorf("%s printed %q", name, printed)
			}
		}
	}
}

func TestDiff(t *testing.T) {
	s := database()
	delete(s.Versions[0].Fields, "host")
	v, printed := view(false)
	if err := v.Diff(s, s.Versions[0], s.Versions[1], true); err != nil {
		t.Fatal(err)
	}
	want := "+ host\n    new: db\n~ password\n    old: hunter1\n    new: hunter2\n"
	if printed.String() != want {
		t.Errorf("it printed %q", printed)
	}
}

func TestFormats(t *testing.T) {
	s := database()
	for format, want := range map[string]string{
		"":      `"password": "hunter2"`,
		"json":  `"password": "hunter2"`,
		"yaml":  "password: hunter2\n",
		"env":   "PASSWORD=\"hunter2\"\n",
		"shell": "export PASSWORD=hunter2\n",
		"url":   "postgres://app:hunter2@db",
	} {
		v, printed := view(false)
		if err := v.Value(picked.Value{Secret: s, Version: s.Versions[1]}, format); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(printed.String(), want) {
			t.Errorf("as %q it printed %q", format, printed)
		}
	}
	if err := secretview.CheckFormat("xml"); err == nil {
		t.Error("xml is a format")
	}
}

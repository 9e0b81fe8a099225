package rotate_test

import (
	"bytes"
	"context"
	"encoding/json"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"example.org/secret/rotate"
	"example.org/secret/vault"
)

// The outputs of create that section 5.1 of the protocol allows, and the values they make.
func TestCreated(t *testing.T) {
	current := map[vault.Kind]vault.Value{
		vault.Plaintext:  {Plain: vault.Bytes("old")},
		vault.KV:         fields("id", "1", "region", "eu"),
		vault.Credential: fields("username", "app", "password", "old"),
	}
	const generated = "…" // a password that the tool made
	for _, c := range []struct {
		kind    vault.Kind
		printed string
		want    vault.Value // none: an error that says
		says    string
	}{
		{vault.Plaintext, "", vault.Value{Plain: vault.Bytes(generated)}, ""},
		{vault.Plaintext, "\n", vault.Value{Plain: vault.Bytes(generated)}, ""},
		{vault.Plaintext, "new\n\n", vault.Value{Plain: vault.Bytes("new\n")}, ""},
		{vault.Plaintext, "\x80\x00", vault.Value{Plain: vault.Bytes("\x80\x00")}, ""},
		{vault.Credential, "", fields("username", "app", "password", generated), ""},
		{vault.Credential, " \n\t", fields("username", "app", "password", generated), ""},
		{vault.Credential, `{}`, fields("username", "app", "password", generated), ""},
		{vault.Credential, `{"username": "b"}` + "\n", fields("username", "b", "password", generated), ""},
		{vault.Credential, `{"password": "p", "extra": ""}`, fields("username", "app", "password", "p", "extra", ""), ""},
		{vault.KV, `{"id": "2", "salt": {"base64": "gP8A"}}`, fields("id", "2", "region", "eu", "salt", "\x80\xff\x00"), ""},
		{vault.KV, `{"id": "\ud83d\ude00"}`, fields("id", "😀", "region", "eu"), ""},
		{vault.KV, "", vault.Value{}, "no field password"},
		{vault.KV, `{"id": "2"`, vault.Value{}, "not a whole JSON object"},
		{vault.KV, `{"id": `, vault.Value{}, "not a whole JSON object"},
		{vault.KV, `{"id"`, vault.Value{}, "not a whole JSON object"},
		{vault.KV, `{"id": "2",`, vault.Value{}, "not a whole JSON object"},
		{vault.KV, `{"id": "2"} {}`, vault.Value{}, "more than one"},
		{vault.KV, `{"id": "2"}]`, vault.Value{}, "more than one"},
		{vault.KV, `{"id": "2", "id": "3"}`, vault.Value{}, `the member "id" twice`},
		{vault.KV, `{"id": 2}`, vault.Value{}, `the member "id"`},
		{vault.KV, `{"id": null}`, vault.Value{}, `the member "id"`},
		{vault.KV, `{"id": {"base64": "gP8A", "more": "x"}}`, vault.Value{}, `the member "id"`},
		{vault.KV, `{"id": {"base64": "AAAA", "base64": "gP8A"}}`, vault.Value{}, `the member "id"`},
		{vault.KV, `{"id": {"BASE64": "gP8A"}}`, vault.Value{}, `the member "id"`},
		{vault.KV, `{"id": {"base64": "no base64"}}`, vault.Value{}, `the member "id"`},
		{vault.KV, `{"id": {"base64": ["gP8A"]}}`, vault.Value{}, `the member "id"`},
		{vault.KV, `{"id": {"base64": null}}`, vault.Value{}, `the member "id"`},
		{vault.KV, `{"id": {"base64": "gP8"}}`, vault.Value{}, `the member "id"`},
		{vault.KV, `["id"]`, vault.Value{}, "not a JSON object"},
		{vault.KV, `null`, vault.Value{}, "not a JSON object"},
		{vault.KV, "\xef\xbb\xbf{}", vault.Value{}, "not a JSON object"},
		{vault.KV, "{\"id\": \"\xff\"}", vault.Value{}, "not UTF-8"},
		{vault.KV, `{"": "x"}`, vault.Value{}, "field"},
	} {
		r := newRig(t)
		r.set(name, c.kind, current[c.kind])
		must(t, r.engine.Configure(name, rotate.Rotation{Rotator: "/rotator"}))
		r.engine.Call = func(_ context.Context, call rotate.Call) ([]byte, error) {
			if call.Step == create {
				return []byte(c.printed), nil
			}
			return nil, nil
		}
		result := r.engine.Rotate(t.Context(), name, rotate.Now)
		if c.says != "" {
			if result.Err == nil || !strings.Contains(result.Err.Error(), c.says) {
				t.Errorf("%s prints %q: the error is %v, want one that says %q", c.kind, c.printed, result.Err, c.says)
			}
			continue
		}
		s, _ := r.get(name)
		got, err := s.Find(vault.Selector{})
		must(t, err)
		if string(c.want.Plain) == generated && len(got.Plain) == 32 {
			got.Plain = vault.Bytes(generated)
		}
		if string(c.want.Fields["password"]) == generated && len(got.Fields["password"]) == 32 {
			got.Fields["password"] = vault.Bytes(generated)
		}
		if result.Err != nil || !got.Value.Equal(c.want) {
			t.Errorf("%s prints %q: current is %q (%v), want %q", c.kind, c.printed, got.Value, result.Err, c.want)
		}
	}
}

// FuzzCreated requires that an accepted output means the same to encoding/json, and that
// the error of a refused one repeats none of it, because it may be secret.
func FuzzCreated(f *testing.F) {
	for _, seed := range []string{
		`{"a":"canary","b":{"base64":"gP8A"}}`, `{"a":"x","a":"y"}`, `{"a":1}`, `{}`, "\n", `{"a":"x"}x`, `{"a`,
		`{"a":{"base64":"="}}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, output []byte) {
		fields, err := rotate.ParseCreated(vault.KV, output)
		if err != nil {
			if fields != nil || (strings.Contains(err.Error(), "canary") &&
				!regexp.MustCompile(`canary[^"]*"\s*:`).Match(output)) {
				t.Fatalf("%q gives %q and the error %v", output, fields, err)
			}
			return
		}
		if fields == nil {
			if len(bytes.TrimSpace(output)) > 0 {
				t.Fatalf("%q passes for nothing", output)
			}
			return
		}
		var want map[string]any
		if err := json.Unmarshal(output, &want); err != nil || !utf8.Valid(output) || len(want) != len(fields) {
			t.Fatalf("%q is taken for %q, %v", output, fields, err)
		}
		for name, value := range fields {
			if text, ok := want[name].(string); ok && text != string(value) {
				t.Fatalf("%q: %q is taken for %q", output, text, value)
			}
		}
		again, err := json.Marshal(fields)
		if err != nil {
			t.Fatal(err)
		}
		if twice, err := rotate.ParseCreated(vault.KV, again); err != nil || len(twice) != len(fields) {
			t.Fatalf("%q was taken, %q is not: %v", output, again, err)
		}
	})
}

package vault_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"example.org/secret/vault"
)

func FuzzParseName(f *testing.F) {
	for _, s := range append(hostile, "a", "openai/key", "../x", strings.Repeat("n", 512), strings.Repeat("n", 513)) {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		name, err := vault.ParseName(s)
		if err != nil {
			if name != "" || !errors.Is(err, vault.ErrInvalid) {
				t.Fatalf("%q, %v", name, err)
			}
			return
		}
		if string(name) != s || s == "" || len(s) > 512 ||
			strings.Trim(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/_+=.@-") != "" {
			t.Fatalf("%q is no name", s)
		}
		if ref, err := vault.ParseReference(s); err != nil || ref != (vault.Reference{Name: name}) {
			t.Fatalf("the name %q is the reference %+v, %v", s, ref, err)
		}
	})
}

func FuzzParseReference(f *testing.F) {
	for _, s := range []string{
		"a", "secret://a/b#f", "a#f?version=3", "a?label=previous#f", "a?version=" + aUUID, "a#%23%3F", "a#b%0a",
		"a?version=+1", "a?label=%41", "#", "a#\x00", "a?version=" + oddID,
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		ref, err := vault.ParseReference(s)
		if err != nil {
			if ref != (vault.Reference{}) || !errors.Is(err, vault.ErrInvalid) {
				t.Fatalf("%+v, %v", ref, err)
			}
			return
		}
		if again, err := vault.ParseReference(ref.String()); err != nil || again != ref {
			t.Fatalf("%q is %+v, and %q is %+v, %v", s, ref, ref.String(), again, err)
		}
	})
}

// A document that can be read is written so that it reads the same, members that
// are not known included.
func FuzzRecord(f *testing.F) {
	for _, s := range []string{
		`{"name":"s","kind":"plaintext","labels":{"current":1},"versions":[{"number":1,"id":"a","created":"2026-01-01T00:00:00Z","value":"x"}]}`,
		`{"name":"s","kind":"kv","later":[1e400],"versions":[{"number":1,"fields":{"f":{"base64":"/w=="}},"note":{}},{"number":3,"fields":{}}]}`,
		`{"NAME":"x","name":"s","versions":[{"Number":1,"a":0}],"tags":{"k":"v"},"deletion":{"due":"2026-01-01T00:00:00+02:00"},"rotation":{"a":1}}`,
		`{"versions":[{"":""}]}`,
		`{"name":"s","id":"` + aUUID +
			`","kind":"plaintext","tags":{},"kms_key_id":"k","resource_policy":"{}","labels":{},"versions":[]}`,
		`{"name":"s","id":"` + aUUID +
			`","kind":"kv","versions":[{"number":1,"kind":"plaintext","binary":"/w=="},{"number":2,"json":" {\"a\": 1.10, \"a\":null}"}]}`,
		`{"name":"s","kind":"kv","key":"k","versions":[{"number":1,"sealed":"eA==","note":{}},{"number":2,"SEALED":"eQ=="}]}`,
		`{"verſions":[{"number":1,"x":1},{"number":2,"x":2}],"versions":null}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, document []byte) {
		s, err := vault.DecodeRecord(document)
		if err != nil {
			if s != nil {
				t.Fatal("a part of a secret")
			}
			return
		}
		once, err := vault.EncodeRecord(s)
		if err != nil {
			return // refused as a whole
		}
		if len(once)%256 != 0 {
			t.Fatalf("%d bytes", len(once))
		}
		again, err := vault.DecodeRecord(once)
		if err != nil {
			t.Fatalf("%s\nbecomes %s\nwhich does not read: %v", document, once, err)
		}
		if !sameSecret(s, again) {
			t.Fatalf("%s\nbecomes %s", document, once)
		}
		if !sameUnknown(document, once) {
			t.Fatalf("%s\nloses members: %s", document, once)
		}
	})
}

func sameSecret(a, b *vault.Secret) bool {
	x, err := json.Marshal(a)
	if err != nil {
		return false
	}
	y, err := json.Marshal(b)
	return err == nil && bytes.Equal(x, y)
}

// sameUnknown compares the members of the documents that a Secret has no place for.
func sameUnknown(before, after []byte) bool {
	a, b := decode(before), decode(after)
	known := []string{
		"name", "id", "kind", "revision", "created", "changed", "description", "tags", "deletion", "key", "labels",
		"versions", "rotation", "rotation_log", "renamed_from", "kms_key_id", "resource_policy",
	}
	for _, members := range []map[string]any{a, b} {
		maps.DeleteFunc(members, func(name string, _ any) bool {
			return slices.ContainsFunc(known, func(k string) bool { return strings.EqualFold(k, name) })
		})
	}
	return reflect.DeepEqual(a, b)
}

func decode(document []byte) (members map[string]any) {
	decoder := json.NewDecoder(bytes.NewReader(document))
	decoder.UseNumber()
	if decoder.Decode(&members) != nil {
		return nil
	}
	return members
}

// A header that was read is written with the same content, whatever its body says.
func FuzzHeader(f *testing.F) {
	text := header()
	f.Add(text[:strings.Index(text, "checksum")])
	own, _, _ := strings.Cut(string(readFile(f, "testdata/vaults/v1/vault.yaml")), "checksum")
	f.Add(own)
	f.Add(strings.Replace(own, "[key-file, passphrase]", "[key-file,,  passphrase]", 1))
	check := "1ac625c800e51cff5d762195525ef8d1"
	f.Add(own + "secrets: secrets." + check + "\nnext: " + check + "\n")
	f.Add(own + "secrets: \"\"\nreplaced: " + check + "\n")
	f.Add("format: 2\n")
	f.Add("format: 1\nvault: \"a\\nb\"\nunlock: [\"a, b\"]\n")
	f.Add("{format: 1, vault: 6f1c3a52-9d0e-4b7a-8c21-5e4f7a90b3d6, check: 0123456789abcdef0123456789abcdef, unlock: &a" +
		" [x], created: 0001-01-01}\n")
	f.Add("a: &a [b]\nc: [*a,*a]\n<<: {format: 1}\n")
	f.Fuzz(func(t *testing.T, body string) {
		text := body + fmt.Sprintf("checksum: %x\n", sha256.Sum256([]byte(body)))
		h, err := vault.ParseHeader("dir", []byte(text))
		if err != nil {
			if h != nil || !errors.Is(err, vault.ErrDamaged) && !errors.Is(err, vault.ErrNewerFormat) {
				t.Fatalf("%+v, %v", h, err)
			}
			return
		}
		again, err := vault.ParseHeader("dir", vault.EncodeHeader(h))
		if err != nil {
			t.Fatalf("%q becomes %q: %v", text, vault.EncodeHeader(h), err)
		}
		if !again.Created.Equal(h.Created.Truncate(time.Second)) {
			t.Fatalf("created %v, then %v", h.Created, again.Created)
		}
		again.Created = h.Created
		if len(again.Unlock) == 0 && len(h.Unlock) == 0 {
			again.Unlock = h.Unlock
		}
		if !reflect.DeepEqual(again, h) {
			t.Fatalf("%+v becomes %+v", h, again)
		}
	})
}

// Any SecretString comes back, and the fields of a flat object are those that package json
// finds in it.
func FuzzAWSValue(f *testing.F) {
	for _, s := range []string{
		"", "{", `{"a":1}`, " {\"a\" : 1.10 ,\n\"a\":null}\t", `{"\u0061\"":"\ud800"}`, `{"a":{}}`, `{"a":[1]}`, `{"":1}`,
		`{"a":"}"}`, `{"a":1}x`, "{\"a\":\"\xff\"}", `{"a":-0.0e+1,"b":tru}`,
	} {
		f.Add(s, "a", "2")
	}
	f.Fuzz(func(t *testing.T, text, name, field string) {
		kind, value := vault.AWSValue{String: text}.Value()
		again, err := value.AWS()
		if utf8.ValidString(text) && (err != nil || again.String != text || again.Binary != nil) {
			t.Fatalf("%q comes back as %+v, %v", text, again, err)
		}
		if kind == vault.Plaintext {
			return
		}
		var members map[string]any
		decoder := json.NewDecoder(strings.NewReader(text))
		decoder.UseNumber()
		if err := decoder.Decode(&members); err != nil || len(members) != len(value.Fields) {
			t.Fatalf("%q has the fields %q, not %v, %v", text, value.Fields, members, err)
		}
		for name, member := range members {
			want := fmt.Sprint(member)
			if member == nil {
				want = ""
			}
			if got, ok := value.Fields[name]; !ok || string(got) != want {
				t.Fatalf("%q has the field %q = %q, want %q", text, name, got, want)
			}
		}
		if vault.CheckField(name) != nil {
			return
		}
		fields := maps.Clone(value.Fields)
		fields[name] = vault.Bytes(field)
		after := value.WithFields(fields)
		if utf8.ValidString(field) != (after.JSON != "") || !after.Equal(vault.Value{Fields: fields}) {
			t.Fatalf("%q with %q = %q is %q, %q", text, name, field, after.JSON, after.Fields)
		}
	})
}

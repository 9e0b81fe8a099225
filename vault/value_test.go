package vault_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"example.org/secret/vault"
)

// Any bytes come back as they were.
func TestValuesAreKeptExactly(t *testing.T) {
	everyByte := make([]byte, 256)
	for i := range everyByte {
		everyByte[i] = byte(i)
	}
	for what, value := range map[string][]byte{
		"empty":           {},
		"a newline":       []byte("\n"),
		"CRLF":            []byte("a\r\nb\r\n"),
		"NUL":             []byte("a\x00b\x00"),
		"every byte":      everyByte,
		"cut UTF-8":       []byte("caf\xc3"),
		"a surrogate":     []byte("\xed\xa0\x80"),
		"overlong UTF-8":  []byte("\xc0\xaf"),
		"U+FFFD itself":   []byte("\ufffd"),
		"BOM":             []byte("\ufeffa"),
		"line separators": []byte("a\u2028b\u2029c\u0085"),
		"HTML":            []byte(`<a href="x">&amp;</a>`),
		"JSON":            []byte(`{"base64":"AAAA"}`),
		"1 MiB":           bytes.Repeat([]byte("x"), vault.MaxValueSize),
		"1 MiB of NUL":    make([]byte, vault.MaxValueSize),
		"1 MiB of \\xff":  bytes.Repeat([]byte{0xff}, vault.MaxValueSize),
	} {
		t.Run(what, func(t *testing.T) {
			v, dir, c := newVault(t)
			set(t, v, "plain", string(value))
			update := vault.NewVersion{
				Kind:   vault.KV,
				Value:  vault.Value{Fields: map[string]vault.Bytes{"f": value[:max(0, len(value)-2)], "g": {}}},
				Origin: vault.OriginSet,
			}
			if _, err := v.Upsert("pairs", func(s *vault.Secret) error { return s.Add(update) }); err != nil {
				t.Fatal(err)
			}
			again := openVault(t, dir, options(c))
			wantValue(t, again, "plain", string(value))
			s, err := again.Get("pairs")
			if err != nil {
				t.Fatal(err)
			}
			version, err := s.Find(vault.Selector{})
			if err != nil || !version.Equal(update.Value) {
				t.Errorf("fields are not kept: %v", err)
			}
			if f, err := s.Field(version, "f"); err != nil || !bytes.Equal(f, update.Value.Fields["f"]) {
				t.Errorf("f: %v", err)
			}
		})
	}
}

func TestValuesThatAreRefused(t *testing.T) {
	fields := func(pairs ...string) vault.Value {
		value := vault.Value{Fields: map[string]vault.Bytes{}}
		for i := 0; i < len(pairs); i += 2 {
			value.Fields[pairs[i]] = vault.Bytes(pairs[i+1])
		}
		return value
	}
	tooLarge := strings.Repeat("x", vault.MaxValueSize+1)
	for what, n := range map[string]vault.NewVersion{
		"1 MiB and a byte":          {Kind: vault.Plaintext, Value: vault.Value{Plain: vault.Bytes(tooLarge)}},
		"1 MiB with a field's name": {Kind: vault.KV, Value: fields("f", tooLarge[1:])},
		"no fields":                 {Kind: vault.KV, Value: fields()},
		"no value at all":           {Kind: vault.Credential},
		"a value for pairs":         {Kind: vault.KV, Value: vault.Value{Plain: vault.Bytes("x")}},
		"fields for a plaintext":    {Kind: vault.Plaintext, Value: fields("f", "x")},
		"both": {Kind: vault.KV, Value: vault.Value{
			Plain:  vault.Bytes{},
			Fields: fields("f", "x").Fields,
		}},
		"a bad field name":    {Kind: vault.KV, Value: fields("a\nb", "x")},
		"an empty field name": {Kind: vault.KV, Value: fields("", "x")},
		"a bad id":            {Kind: vault.Plaintext, ID: "1"},
	} {
		t.Run(what, func(t *testing.T) {
			v, _, _ := newVault(t)
			_, err := v.Upsert("s", func(s *vault.Secret) error { return s.Add(n) })
			wantError(t, err, vault.ErrInvalid)
			if names := listed(t, v); len(names) != 0 {
				t.Errorf("made %v", names)
			}
		})
	}
}

func TestKindNeverChanges(t *testing.T) {
	v, _, _ := newVault(t)
	set(t, v, "s", "one")
	_, err := v.Update("s", func(s *vault.Secret) error {
		return s.Add(vault.NewVersion{Kind: vault.KV, Value: vault.Value{Fields: map[string]vault.Bytes{"f": nil}}})
	})
	wantError(t, err, vault.ErrInvalid)
	wantValue(t, v, "s", "one")
}

func TestFieldThatIsNotThere(t *testing.T) {
	v, _, _ := newVault(t)
	s := set(t, v, "s", "one")
	_, err := s.Field(s.Versions[0], "f")
	wantError(t, err, vault.ErrNotFound)
}

func TestMerged(t *testing.T) {
	before := vault.Value{Fields: map[string]vault.Bytes{"a": vault.Bytes("1"), "b": vault.Bytes("2")}}
	merged := before.Merged(vault.Value{Fields: map[string]vault.Bytes{"b": vault.Bytes("3"), "c": vault.Bytes("4")}})
	text, err := json.Marshal(merged)
	if want := `{"fields":{"a":"1","b":"3","c":"4"}}`; err != nil || string(text) != want {
		t.Errorf("%s, %v", text, err)
	}
	if string(before.Fields["b"]) != "2" {
		t.Error("what was merged into has changed")
	}
}

package exchange_test

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"example.org/secret/vault"
	"example.org/secret/vault/exchange"
)

// checkParse reads any data, and then its own output with something broken. It
// must not panic, make anything that is not a secret, or show a value in an error.
func checkParse(t *testing.T, format exchange.Format, data []byte) {
	t.Helper()
	_, _ = exchange.Detect(data)
	entries, err := exchange.Parse(format, data)
	if err != nil {
		if !errors.Is(err, exchange.ErrFormat) || entries != nil {
			t.Fatalf("%d entries with the error %v", len(entries), err)
		}
		return
	}
	checkEntries(t, entries)
	for _, broken := range [][]byte{
		data[:len(data)-1], slices.Concat(data, []byte("\n{\"")), slices.Concat(data, []byte("\n\"'\x00")),
		slices.Concat(data, data),
		slices.Concat([]byte("x"), data),
	} {
		if _, err := exchange.Parse(format, broken); err != nil {
			checkNoValue(t, err.Error(), entries)
		}
	}
}

func checkEntries(t *testing.T, entries []exchange.Entry) {
	t.Helper()
	for _, e := range entries {
		isPlain := e.Value.Plain != nil && e.Value.Fields == nil
		hasFields := e.Value.Plain == nil && len(e.Value.Fields) > 0
		if (e.Kind == vault.Plaintext) != isPlain || (e.Kind != vault.Plaintext) != hasFields {
			t.Fatalf("%+v is no secret", e)
		}
	}
}

func checkNoValue(t *testing.T, text string, entries []exchange.Entry) {
	t.Helper()
	var public strings.Builder
	for _, e := range entries {
		public.WriteString(e.Name + " ")
		for field := range e.Value.Fields {
			public.WriteString(field + " ")
		}
	}
	for _, e := range entries {
		for _, value := range append(slices.Collect(maps.Values(e.Value.Fields)), e.Value.Plain) {
			// A short value, or one that is a name too, may be there by chance.
			if len(value) >= 8 && strings.Contains(text, string(value)) && !strings.Contains(public.String(), string(value)) {
				t.Fatalf("a value of %q is in the error %q", e.Name, text)
			}
		}
	}
}

// FuzzParse takes the number of a format in the table, and a file. The seeds are the
// samples of all formats.
func FuzzParse(f *testing.F) {
	formats := exchange.ImportFormats()
	for i, format := range formats {
		for _, data := range samples(f, format) {
			f.Add(uint8(i), data)
		}
		switch format {
		case exchange.JSON:
			f.Add(uint8(i), []byte(`{"secrets": [{"name": "a", "kind": "kv", "tags": {"t": "u"}, "fields": {"f": {"base64": "/w=="}}}]}`))
		case exchange.YAML:
			f.Add(uint8(i), []byte("secrets:\n  - {name: a, kind: plaintext, value: !!binary /w==}\n"))
			f.Add(uint8(i), []byte(laughs()))
		}
	}
	f.Fuzz(func(t *testing.T, i uint8, data []byte) { checkParse(t, formats[int(i)%len(formats)], data) })
}

func FuzzParse1PUX(f *testing.F) {
	data := sample(f, "1password-1pux.json")
	f.Add(data, archive(f, "../x", "", "export.data", string(data)))
	f.Fuzz(func(t *testing.T, data, container []byte) {
		checkParse(t, exchange.OnePassword, archive(t, "export.data", string(data)))
		checkParse(t, exchange.OnePassword, container)
	})
}

func FuzzParsePass(f *testing.F) {
	f.Add("p\nlogin: ana\n")
	f.Add("p\n---\nnote: |\n  one\n")
	f.Add("p\notpauth://totp/x\n\n# c\n: d\ne:\n  f: g\nPassword: h\npin: 1\npin: 2\n-----BEGIN X-----\ni: j\n")
	f.Fuzz(func(t *testing.T, text string) {
		e := fromStore(t, text)
		checkEntries(t, []exchange.Entry{e})
		checkNoLineLost(t, text, e)
	})
}

// checkNoLineLost looks for each line of a file of pass: in the value, in a field,
// or as a field's name and value.
func checkNoLineLost(t *testing.T, text string, e exchange.Entry) {
	t.Helper()
	if e.Kind == vault.Plaintext {
		if strings.TrimSpace(string(e.Value.Plain)) != strings.TrimSpace(text) {
			t.Fatalf("%q became %q", text, e.Value.Plain)
		}
		return
	}
	if _, rest, _ := strings.Cut(text, "\n"); strings.HasPrefix(rest, "---") {
		return // YAML, where values may be quoted
	}
	has := func(key, value string) bool {
		for field, v := range e.Value.Fields {
			if strings.HasPrefix(field, key) && string(v) == value || field == "username" && string(v) == value ||
				strings.EqualFold(key, "password") && string(v) == value {
				return true
			}
		}
		return false
	}
	lines := map[string]bool{}
	for _, v := range e.Value.Fields {
		for line := range strings.Lines(string(v)) {
			lines[strings.TrimSpace(line)] = true
		}
	}
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		key, value, _ := strings.Cut(line, ":")
		if line != "" && !lines[line] && !has(strings.TrimSpace(key), strings.TrimSpace(value)) {
			t.Fatalf("the line %q of %q is lost in %q", line, text, e.Value.Fields)
		}
	}
}

func FuzzMapName(f *testing.F) {
	f.Add("My Bank (old)")
	f.Add("Asia/日本 \x00")
	f.Fuzz(func(t *testing.T, text string) {
		name, err := exchange.MapName("", text)
		if err != nil {
			return
		}
		if again, err := vault.ParseName(string(name)); err != nil || again != name {
			t.Fatalf("%q becomes %q: %v", text, name, err)
		}
		if same, err := exchange.MapName("", string(name)); err != nil || same != name {
			t.Fatalf("%q becomes %q, and that %q (%v)", text, name, same, err)
		}
	})
}

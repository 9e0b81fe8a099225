package exchange_test

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"example.org/secret/vault"
	"example.org/secret/vault/exchange"

	"pgregory.net/rapid"
)

var (
	names = rapid.StringMatching(`[A-Za-z0-9/_+=.@-]{1,40}`)
	// rapid.String has control characters and the odd corners of Unicode.
	texts = rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{
		"", "null", "~", "yes", "007", "<<", "=", "- a",
		"a: b", "\x7f\u0085\ufeff\ufffe\U000e0001", "😀\r\n\t ", " a ",
	}))
	values = rapid.OneOf(rapid.Map(texts, func(s string) []byte { return []byte(s) }),
		rapid.SliceOfN(rapid.Byte(), 0, 100))
	fields = texts.Filter(func(s string) bool { return vault.CheckField(s) == nil })
)

// object is JSON of a value that came through AWS's API, or none.
var object = rapid.SampledFrom([]string{
	"", `{"a": 1.10, "b":null }`, `{"password":"p","username":"u","password":"q"}`,
	`{"a":"\u00e9\n"}`,
})

func entryOf(t *rapid.T, name string, value *rapid.Generator[[]byte], field *rapid.Generator[string]) exchange.Entry {
	e := exchange.Entry{Name: name, Kind: rapid.SampledFrom(vault.Kinds()).Draw(t, "kind")}
	if e.Kind == vault.Plaintext {
		e.Value.Plain = vault.Bytes(value.Draw(t, "value"))
		return e
	}
	e.Value.Fields = map[string]vault.Bytes{}
	for _, f := range rapid.SliceOfNDistinct(field, 1, 4, rapid.ID).Draw(t, "fields") {
		e.Value.Fields[f] = vault.Bytes(value.Draw(t, "value of a field"))
	}
	return e
}

// maybeAWS turns some entries into ones that came through AWS's API.
func maybeAWS(t *rapid.T, e exchange.Entry) exchange.Entry {
	if e.Kind == vault.Plaintext && rapid.Bool().Draw(t, "binary") {
		_, e.Value = vault.AWSValue{Binary: e.Value.Plain}.Value()
	}
	if kind, value := (vault.AWSValue{String: object.Draw(t, "JSON")}).Value(); kind == e.Kind && kind != vault.Plaintext {
		e.Value = value
	}
	return e
}

func sameEntries(a, b []exchange.Entry) bool {
	return slices.EqualFunc(a, b, func(a, b exchange.Entry) bool {
		return a.Name == b.Name && a.Kind == b.Kind && a.Value.Equal(b.Value) &&
			(a.Value.Plain == nil) == (b.Value.Plain == nil) &&
			a.Value.JSON == b.Value.JSON && (a.Value.Binary == nil) == (b.Value.Binary == nil) &&
			a.Description == b.Description && maps.Equal(a.Tags, b.Tags)
	})
}

// An export as JSON or YAML comes back as it was, under the same names.
func TestExportReadsBackTheSame(t *testing.T) {
	for _, format := range []exchange.Format{exchange.JSON, exchange.YAML} {
		t.Run(string(format), rapid.MakeCheck(func(t *rapid.T) {
			var entries []exchange.Entry
			for _, name := range rapid.SliceOfNDistinct(names, 1, 4, rapid.ID).Draw(t, "names") {
				e := maybeAWS(t, entryOf(t, name, values, fields))
				e.Description = texts.Draw(t, "description")
				e.Tags = rapid.MapOfN(texts, texts, 0, 2).Draw(t, "tags")
				if mapped, err := exchange.MapName("", name); err != nil || string(mapped) != name {
					t.Fatalf("%q would become %q (%v)", name, mapped, err)
				}
				entries = append(entries, e)
			}
			slices.SortFunc(entries, func(a, b exchange.Entry) int { return strings.Compare(a.Name, b.Name) })
			text, err := exchange.Export(format, entries, nil)
			if err != nil {
				t.Fatal(err)
			}
			if guessed, err := exchange.Detect(text); err != nil || guessed != format {
				t.Errorf("the export is taken for %q (%v)", guessed, err)
			}
			again, err := exchange.Parse(format, text)
			if err != nil || !sameEntries(again, entries) {
				t.Errorf("read back as %+v (%v), not as %+v, from\n%s", again, err, entries, text)
			}
		}))
	}
}

// AWS holds less: no tags, and fields only as text. The rest comes back.
func TestAWSExportReadsBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := entryOf(t, "name", values, fields)
		text, err := exchange.Export(exchange.AWS, []exchange.Entry{e}, nil)
		binary := slices.ContainsFunc(slices.Collect(maps.Values(e.Value.Fields)),
			func(b vault.Bytes) bool { return !utf8.Valid(b) })
		if binary != (err != nil) {
			t.Fatalf("exporting %+v: %v", e, err)
		}
		if err != nil {
			return
		}
		again, err := exchange.Parse(exchange.AWS, text)
		if err != nil || len(again) != 1 {
			t.Fatal(err)
		}
		if bytes.HasPrefix(bytes.TrimSpace(e.Value.Plain), []byte("{")) {
			return // may come back as fields
		}
		if !again[0].Value.Equal(e.Value) {
			t.Errorf("%+v comes back as %+v", e, again[0])
		}
	})
}

// Kubernetes has no place for tags; names, kinds and values come back.
func TestKubernetesExportReadsBack(t *testing.T) {
	keys := rapid.StringMatching(`[-_a-zA-Z0-9]{1,40}|\.[a-z]`)
	rapid.Check(t, func(t *rapid.T) {
		e := entryOf(t, rapid.StringMatching(`[A-Za-z0-9]([A-Za-z0-9/_+=@-]{0,40}[A-Za-z0-9])?`).Draw(t, "name"),
			values, keys)
		text, err := exchange.Export(exchange.Kubernetes, []exchange.Entry{e}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if guessed, err := exchange.Detect(text); err != nil || guessed != exchange.Kubernetes {
			t.Errorf("the export is taken for %q (%v)", guessed, err)
		}
		again, err := exchange.Parse(exchange.Kubernetes, text)
		if err != nil || !sameEntries(again, []exchange.Entry{e}) {
			t.Errorf("read back as %+v (%v), not as %+v, from\n%s", again, err, e, text)
		}
	})
}

func quoted(value string) string { return "'" + strings.ReplaceAll(value, "'", "?") + "'" }

func TestDotenvNames(t *testing.T) {
	kv := func(name string, kind vault.Kind, field string) exchange.Entry {
		return exchange.Entry{
			Name: name, Kind: kind,
			Value: vault.Value{Fields: map[string]vault.Bytes{field: vault.Bytes("v")}},
		}
	}
	plain := func(name, value string) exchange.Entry {
		return exchange.Entry{Name: name, Kind: vault.Plaintext, Value: vault.Value{Plain: vault.Bytes(value)}}
	}
	for _, test := range []struct {
		entries []exchange.Entry
		want    string // of an error, behind !
	}{
		{[]exchange.Entry{plain("prod/api-key", "v")}, "API_KEY='v'\n"},
		{[]exchange.Entry{plain("2fa", "v"), plain("x/", "v")}, "_2FA='v'\n_='v'\n"},
		{[]exchange.Entry{kv("app", vault.KV, "lower_Case")}, "lower_Case='v'\n"},
		{[]exchange.Entry{kv("app", vault.KV, "no-name")}, "NO_NAME='v'\n"},
		{[]exchange.Entry{kv("prod/db", vault.Credential, "password")}, "DB_PASSWORD='v'\n"},
		{[]exchange.Entry{plain("a/key", "v"), plain("b/key", "v")}, "!a/key and b/key would both be the variable KEY"},
		{[]exchange.Entry{plain("a", "canary\x00")}, "!the value of a holds a NUL byte"},
	} {
		text, err := exchange.Export(exchange.Dotenv, test.entries, quoted)
		got := string(text)
		if err != nil {
			got = "!" + strings.TrimPrefix(err.Error(), "wrong format: ")
		}
		if !strings.HasPrefix(got, test.want) || (err == nil && got != test.want) {
			t.Errorf("exported as %q, want %q", got, test.want)
		}
	}
}

func TestKubernetesExport(t *testing.T) {
	fields := map[string]vault.Bytes{"password": vault.Bytes("p\x00")}
	text, err := exchange.Export(exchange.Kubernetes, []exchange.Entry{
		{Name: "Prod/DB_main", Kind: vault.KV, Value: vault.Value{Fields: fields}},
		{Name: "key", Kind: vault.Plaintext, Value: vault.Value{Plain: vault.Bytes("v")}},
	}, nil)
	for _, want := range []string{
		`"name": "prod-db-main"`, `"secret/name": "Prod/DB_main"`, `"password": "cAA="`,
		`"value": "dg=="`,
	} {
		if err != nil || !strings.Contains(string(text), want) {
			t.Errorf("%s is not in (%v)\n%s", want, err, text)
		}
	}
	for _, test := range []struct {
		names []string
		field string
		want  string
	}{
		{[]string{"a/b", "a-b"}, "x", `"a/b" and "a-b" would both be named "a-b"`},
		{[]string{"/"}, "x", `"/" cannot be made a name in Kubernetes`},
		{[]string{"a.-b"}, "x", "cannot be made a name"},
		{[]string{strings.Repeat("a", 254)}, "x", "cannot be made a name"},
		{[]string{"a"}, "two words", `the field "two words" of "a" cannot be a key`},
		{[]string{"a"}, "..", "cannot be a key"},
	} {
		var entries []exchange.Entry
		for _, name := range test.names {
			entries = append(entries, exchange.Entry{
				Name: name, Kind: vault.KV,
				Value: vault.Value{Fields: map[string]vault.Bytes{test.field: {}}},
			})
		}
		if text, err := exchange.Export(exchange.Kubernetes, entries, nil); err == nil ||
			!strings.Contains(err.Error(), test.want) {
			t.Errorf("%q: %v, want %q:\n%s", test.names, err, test.want, text)
		}
	}
}

// Files that are made to take for ever, or all memory, are refused soon.
func TestHostileFiles(t *testing.T) {
	if testing.Short() {
		t.Skip("it reads large files")
	}
	for name, test := range map[string]struct {
		format exchange.Format
		text   string
	}{
		"JSON, deep":       {exchange.JSON, strings.Repeat(`{"a":`, 100_000)},
		"JSON, deep lists": {exchange.JSON, `{"a":` + strings.Repeat(`[`, 1_000_000)},
		"JSON, long names": {exchange.JSON, strings.Repeat(`{"`+strings.Repeat("n", 100_000)+`":`, 90) + `"v"` +
			strings.Repeat("}", 90)},
		"YAML, deep":         {exchange.YAML, "a: " + strings.Repeat("[", 100_000)},
		"YAML, deep maps":    {exchange.YAML, strings.Repeat("{a: ", 100_000)},
		"YAML, deep blocks":  {exchange.YAML, "a:\n  " + strings.Repeat("- ", 100_000) + "x"},
		"YAML, questions":    {exchange.YAML, strings.Repeat("? ", 100_000)},
		"YAML, laughs":       {exchange.YAML, laughs()},
		"YAML, many anchors": {exchange.YAML, "a: [" + strings.Repeat("&a x,", 200_000) + "]"},
		"YAML, too large":    {exchange.YAML, "a: b\n" + strings.Repeat("#", 33<<20)},
		"CSV, one quote":     {exchange.CSV, "name,value\n\"" + strings.Repeat("x\n", 1_000_000)},
		"dotenv, one quote":  {exchange.Dotenv, strings.Repeat("A='", 1_000_000)},
		"AWS, deep":          {exchange.AWS, `{"SecretValues":` + strings.Repeat(`[`, 1_000_000)},
		"Kubernetes, laughs": {exchange.Kubernetes, laughs()},
		"Kubernetes, many":   {exchange.Kubernetes, strings.Repeat("--- {a: b}\n", 100_000) + "--- ["},
		"Bitwarden, deep":    {exchange.Bitwarden, `{"items":` + strings.Repeat(`[`, 1_000_000)},
	} {
		t.Run(name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			began := time.Now()
			_, err := exchange.Parse(test.format, []byte(test.text))
			took := time.Since(began)
			runtime.ReadMemStats(&after)
			if !errors.Is(err, exchange.ErrFormat) {
				t.Errorf("read with the error %v", err)
			}
			// Many times their need, on a machine that is busy with other work.
			if used := after.TotalAlloc - before.TotalAlloc; took > time.Minute || used > 500<<20 {
				t.Errorf("it took %v and %d MiB", took, used>>20)
			}
			t.Logf("%v, %d MiB", took, (after.TotalAlloc-before.TotalAlloc)>>20)
		})
	}
}

// laughs is small, and would be large with its aliases followed.
func laughs() string {
	text := "a0: &a0 [x,x]\n"
	for i := 1; i < 30; i++ {
		text += fmt.Sprintf("a%d: &a%d [*a%d,*a%d]\n", i, i, i-1, i-1)
	}
	return text
}

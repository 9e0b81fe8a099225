package exchange_test

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"example.org/secret/vault"
	"example.org/secret/vault/exchange"
)

var update = flag.Bool("update", false, "write the golden files anew")

// golden compares entries, under the names that they would get, with a file in
// testdata, and has each of them stored.
func golden(t *testing.T, name string, entries []exchange.Entry) {
	t.Helper()
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", " ")
	for _, e := range entries {
		mapped, err := exchange.MapName("", e.Name)
		if err != nil {
			t.Fatal(err)
		}
		if e.Name == string(mapped) {
			mapped = ""
		}
		err = encoder.Encode(struct {
			Name, Kind, Mapped string `json:",omitempty"`
			vault.Value
			Description string            `json:",omitempty"`
			Tags        map[string]string `json:",omitempty"`
			Discarded   bool              `json:",omitempty"`
		}{e.Name, string(e.Kind), string(mapped), e.Value, e.Description, e.Tags, e.Discarded})
		if err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join("testdata", name+".golden")
	if *update {
		if err := os.WriteFile(path, text.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if text.String() != string(want) {
		t.Errorf("it was read as\n%s\nand not as\n%s", &text, want)
	}
}

func sample(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// archive is a zip file of members, name and content by turns.
func archive(t testing.TB, members ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for i := 0; i < len(members); i += 2 {
		f, err := w.Create(members[i])
		if err == nil {
			_, err = f.Write([]byte(members[i+1]))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// samples returns the files in testdata that are named by a format: FORMAT.EXT and
// FORMAT-VARIANT.EXT. The export in 1PUX is packed, as 1Password does.
func samples(t testing.TB, format exchange.Format) map[string][]byte {
	t.Helper()
	found := map[string][]byte{}
	for _, pattern := range []string{".*", "-*.*"} {
		files, err := filepath.Glob(filepath.Join("testdata", string(format)+pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			name := filepath.Base(file)
			if filepath.Ext(name) == ".golden" {
				continue
			}
			found[name] = sample(t, name)
			if strings.Contains(name, "1pux") {
				found[name] = archive(t, "export.attributes", "{}", "files/d__a.txt", "abc", "export.data", string(found[name]))
			}
		}
	}
	return found
}

// Each format has a line of help that fits a terminal, a sample, and a guess that
// finds the sample. The fuzz test takes its seeds from the samples.
func TestFormatsAreComplete(t *testing.T) {
	for _, format := range exchange.ImportFormats() {
		if about := format.About(); about == "" || len(about) > 66 {
			t.Errorf("%s: the line of help has %d characters; it must have 1 to 66", format, len(about))
		}
		if len(samples(t, format)) == 0 {
			t.Errorf("%s: testdata has no %s.*", format, format)
		}
	}
}

func TestSamples(t *testing.T) {
	for _, format := range exchange.ImportFormats() {
		guess := format
		if format == exchange.Chamber {
			guess = exchange.JSON // chamber's JSON has no mark of its own
		}
		for file, data := range samples(t, format) {
			t.Run(file, func(t *testing.T) { checkSample(t, file, data, format, guess) })
		}
	}
}

func checkSample(t *testing.T, file string, data []byte, format, guess exchange.Format) {
	t.Helper()
	for encoding, text := range map[string][]byte{
		"as it is":   data,
		"with a BOM": append([]byte("\ufeff"), data...),
		"with CRLF":  bytes.ReplaceAll(data, []byte("\n"), []byte("\r\n")),
	} {
		isBinaryOrHasLines := strings.Contains(file, "1pux") || format == exchange.Dotenv
		if isBinaryOrHasLines && encoding != "as it is" {
			continue
		}
		if got, err := exchange.Detect(text); err != nil || got != guess {
			t.Fatalf("%s: the guess is %q (%v), want %q", encoding, got, err, guess)
		}
		entries, err := exchange.Parse(format, text)
		if err != nil {
			t.Fatal(encoding, err)
		}
		golden(t, file, entries)
	}
}

// A file that Windows wrote in UTF-16.
func TestUTF16(t *testing.T) {
	text := []byte("\xff\xfe")
	for _, c := range []byte("{\"a\": \"b\xfc\"}") {
		text = append(text, c, 0)
	}
	format, err := exchange.Detect(text)
	if err != nil {
		t.Fatal(err)
	}
	entries, err := exchange.Parse(format, text)
	if err != nil || len(entries) != 1 || string(entries[0].Value.Plain) != "bü" {
		t.Errorf("read as %v (%v)", entries, err)
	}
}

// A file that cannot be read right is refused, with a place and without a value.
func TestRefusals(t *testing.T) {
	for _, test := range []struct {
		name, format, text, want string // format is empty where it is not even guessed
	}{
		{"empty", "", " \n", "it is empty"},
		{"prose", "", "Dear canary,\n", "none of the formats"},
		{
			"encrypted by Bitwarden", "bitwarden",
			`{"encrypted": true, "passwordProtected": true, "salt": "canary", "data": "2.canary"}`,
			"export it from Bitwarden as JSON without",
		},
		{
			"encrypted for an account", "bitwarden",
			`{"encrypted": true, "encKeyValidation_DO_NOT_EDIT": "2.canary", "folders": [], "items": []}`, "without encryption",
		},
		{"KeePass", "", "\x03\xd9\xa2\x9ag\xfbK\xb5", "export it as CSV"},
		{"age", "", "age-encryption.org/v1\n", "age -d"},
		{"gpg", "", "-----BEGIN PGP MESSAGE-----\n", "gpg -d"},
		{"sops", "yaml", "a: ENC[canary]\nsops:\n  mac: ENC[canary]\n", "sops decrypt"},
		{"dotenvx", "dotenv", "DOTENV_PUBLIC_KEY=\"03\"\nA=\"encrypted:canary\"\n", "line 2: it is encrypted by dotenvx"},
		{"aws in part", "aws", `{"SecretValues": [{"Name": "a", "SecretString": "canary"}], "Errors": [{"SecretId": "b", "ErrorCode": "AccessDeniedException"}]}`, `"b" failed with "AccessDeniedException"`},
		{
			"aws with more", "aws", `{"SecretValues": [{"Name": "a", "SecretString": "canary"}], "NextToken": "x"}`,
			"NextToken",
		},
		{"name twice, JSON", "json", "{\"a\": \"canary\",\n\"a\": \"b\"}", `"a" stands there twice (line 2)`},
		{"name twice, deeper", "json", `{"x": {"a": "canary", "a": "b"}}`, `"a" stands there twice`},
		{"name twice, YAML", "yaml", "a: canary\na: b\n", `line 2: "a" stands there twice`},
		{"column twice", "csv", "name,value,value\na,canary,b\n", `"value" stands there twice`},
		{
			"no column name", "csv", "key,Secret\na,canary\n",
			`there is no column "name" in its first line, only "key", "Secret"; call one of them so`,
		},
		{"no header", "csv", "url,canary,canary2\na,b,c\n", `only "url", 2 of other names; call`},
		{
			"no columns", "csv", "canary|value\na|b\n",
			`only 1 of other names; columns are separated by commas, semicolons or tabs`,
		},
		{"no name and no url", "csv", "url,username,password\nx.org,a,b\n,a,canary\n", "line 3 has no name"},
		{"no name", "csv", "name,value\na,b\n,canary\n", "line 3 has no name"},
		{"a cell too many", "csv", "name,value\na,b\nb,canary,c\n", "record 2 "},
		{"quotes", "csv", "name,value\na,\"canary\nb,c\n", "record 1 "},
		{"broken JSON", "json", "{\"a\": \"b\",\n \"c\": canary}", "(line 2)"},
		{"JSON and more", "json", "{\"a\": \"b\"}\ncanary", "more than one value in it (line 2)"},
		{"two in one", "json", `{"a": "b"} {"c": "canary"}`, "more than one"},
		{"not a map", "yaml", "- canary: b\n", "not a YAML map"},
		{"broken YAML", "yaml", "a: b\nc: [canary\n", "it is not YAML (look at line "},
		{"documents", "yaml", "a: b\n---\nc: canary\n", "more than one document"},
		{"alias", "yaml", "a: &x canary\nb: *x\n", "line 2: aliases are not followed"},
		{"merge", "yaml", "a: &x {b: canary}\nc:\n  <<: *x\n", "line 3: aliases"},
		{
			"manifest, not base64", "kubernetes", "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\ndata: {b: canary!}\n",
			`"b" of the Secret "a" is not base64; under stringData it may be plain text`,
		},
		{
			"manifest without a name", "kubernetes", "kind: Secret\napiVersion: v1\nstringData: {b: canary}\n",
			"a Secret in it has no metadata.name",
		},
		{
			"manifest with a list", "kubernetes",
			`{"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "a"}, "data": ["canary"]}`,
			`the data of the Secret "a" is not a map of texts`,
		},
		{
			"manifest, deeper", "kubernetes",
			`{"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "a"}, "stringData": {"b": {"c": "canary"}}}`,
			`the stringData of the Secret "a" is not a map of texts`,
		},
		{
			"manifest of another kind", "kubernetes",
			"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {b: canary}\n", "there are no secrets in it",
		},
		{
			"manifest by sops", "kubernetes",
			"apiVersion: v1\nkind: Secret\nmetadata: {name: a}\ndata: {b: canary}\nsops: {mac: x}\n", "sops decrypt",
		},
		{"not base64", "yaml", "a: !!binary canary!\n", "line 1: it is not base64"},
		{"not UTF-8", "json", "{\"a\": \"canary\xff\"}", "not UTF-8"},
		{"expansion", "dotenv", "A=1\nB=canary$(id)\n", "line 2: ${NAME} and $(COMMAND)"},
		{
			"unknown kind", "json", `{"secrets": [{"name": "a", "kind": "canari", "value": "canary"}]}`,
			`"a": "canari" is not a kind`,
		},
		{"none of ours", "json", `{"secrets": ["canary"]}`, "not an export of ours"},
		{"no export.data", "1password", string(archive(t, "x", "canary")), "no export.data"},
		{"two of them", "1password", string(archive(t, "export.data", "{}", "export.data", `{"canary":1}`)), "twice"},
		{
			"other places", "1password", string(archive(t, "../export.data", "{}", "/export.data", "{}", "export.data/", "")),
			"no export.data",
		},
		{"zip bomb", "1password", string(archive(t, "export.data", strings.Repeat(" ", 65<<20)+"{}")), "is larger than"},
	} {
		t.Run(test.name, func(t *testing.T) {
			format, err := exchange.Detect([]byte(test.text))
			if test.format == "csv" {
				format, err = exchange.CSV, nil // some are so only by --format
			}
			if err == nil {
				if string(format) != test.format {
					t.Errorf("taken for %q, not for %q", format, test.format)
				}
				_, err = exchange.Parse(exchange.Format(test.format), []byte(test.text))
			} else if test.format != "" {
				t.Fatal(err)
			}
			if !errors.Is(err, exchange.ErrFormat) || !strings.Contains(err.Error(), test.want) ||
				strings.Contains(err.Error(), "canary") {
				t.Errorf("the error is %q, want %q in it and no value", err, test.want)
			}
		})
	}
}

// A list, and an empty map, is a secret with the text that the file has for it.
func TestListsAreTexts(t *testing.T) {
	for text, want := range map[string]string{
		`{"a": {"b": [ 1.10, {"x":"y"} ], "c": "d"}, "e": {}}`:  `a/b=[ 1.10, {"x":"y"} ] a/c=d e={}`,
		`{"a": [[], "\u00e9" ]}`:                                `a=[[], "\u00e9" ]`,
		"a:\n  b:\n    - 1.10\n    - {x: y}\n  c: 007\ne: {}\n": "a/b=- 1.10\n- {x: y}\n a/c=007 e={}",
	} {
		format, err := exchange.Detect([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		entries, err := exchange.Parse(format, []byte(text))
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		var got []string
		for _, e := range entries {
			got = append(got, e.Name+"="+string(e.Value.Plain))
		}
		if joined := strings.Join(got, " "); joined != want {
			t.Errorf("%s is read as %q, want %q", text, joined, want)
		}
	}
}

// As the programs that read .env files have it.
func TestLastAssignmentCounts(t *testing.T) {
	entries, err := exchange.Parse(exchange.Dotenv, []byte("# first\nA=one\nB=x\nA=two\nA=three\n"))
	if err != nil || len(entries) != 2 || string(entries[0].Value.Plain) != "three" {
		t.Fatalf("%+v, %v", entries, err)
	}
	want := []string{
		"line 2: A is given again on line 5, which counts",
		"line 4: A is given again on line 5, which counts",
	}
	if !slices.Equal(entries[0].Warnings, want) || entries[1].Warnings != nil {
		t.Errorf("warnings %q and %q, want %q", entries[0].Warnings, entries[1].Warnings, want)
	}
}

func TestMapName(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{"prod/db", "prod/db"},
		{"-", "-"},
		{"a//b/", "a//b/"},
		{"../x", "../x"}, // names already
		{"My Bank (old)", "My-Bank-old"},
		{" a / b ", "a/b"},
		{"AT&T", "AT-T"},
		{"Müller", "Muller"},
		{"x: y", "x-y"},
		{"日本", "u65e5u672c"},
		{"Asia/日本", "Asia/u65e5u672c"},
		{"a\x00\x1b[2Jb", "a-2Jb"},
		{"\xff", "ufffd"},
		{"- é", "--e"},
		{"한국/Straße Łódź", "hanguk/Strasse-Lodz"},
		{"Ελλάδα, Москва", "Ellada-Moskva"},
		{"さくら銀行", "sakura"},
		{"Việt Nam", "Viet-Nam"},
	} {
		if got, err := exchange.MapName("p/", test.text); err != nil || string(got) != "p/"+test.want {
			t.Errorf("%q becomes %q (%v), want %q", test.text, got, err, "p/"+test.want)
		}
	}
	for _, text := range []string{"", "  ", " / ", strings.Repeat("x y", 200)} {
		if got, err := exchange.MapName("p/", text); err == nil {
			t.Errorf("%q becomes %q", text, got)
		}
	}
}

func TestAsPairs(t *testing.T) {
	entries, err := exchange.Parse(exchange.Dotenv, []byte("A=1\nB=2\n"))
	if err != nil {
		t.Fatal(err)
	}
	entry, err := exchange.AsPairs("app", entries)
	if err != nil || entry.Kind != vault.KV || string(entry.Value.Fields["A"]) != "1" || len(entry.Value.Fields) != 2 {
		t.Errorf("%+v, %v", entry, err)
	}
	if _, err := exchange.AsPairs("app", []exchange.Entry{entry}); !errors.Is(err, exchange.ErrFormat) {
		t.Errorf("fields within fields: %v", err)
	}
}

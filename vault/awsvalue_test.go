package vault_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"example.org/secret/vault"

	"pgregory.net/rapid"
)

// fieldsIn lists fields as NAME=VALUE, in order.
func fieldsIn(v vault.Value) string {
	var all []string
	for _, name := range v.FieldNames() {
		all = append(all, name+"="+string(v.Fields[name]))
	}
	return strings.Join(all, " ")
}

func TestKindOfAnAWSValue(t *testing.T) {
	for text, want := range map[string]struct {
		kind   vault.Kind
		fields string
	}{
		`{"username":"app","password":"p"}`:              {vault.Credential, "password=p username=app"},
		"\r\n{ \"username\" : \"\",\t\"password\":1 }\n": {vault.Credential, "password=1 username="},
		`{"password":"p"}`:                               {vault.KV, "password=p"},
		`{"a":1.10,"b":1e400,"c":-0,"d":true}`:           {vault.KV, "a=1.10 b=1e400 c=-0 d=true"},
		`{"a":null,"b":false}`:                           {vault.KV, "a= b=false"},
		`{"a":1,"a":"two"}`:                              {vault.KV, "a=two"},
		`{"\u0061\"":"\ud83d\ude00\/\\\""}`:              {vault.KV, `a"=😀/\"`},
		`{"a":"}","b":"{["}`:                             {vault.KV, "a=} b={["},
		`{"a":"<&>` + "\u2028" + `"}`:                    {vault.KV, "a=<&>\u2028"},
		`{}`:                                             {vault.Plaintext, ""},
		`{"a":{}}`:                                       {vault.Plaintext, ""},
		`{"a":1,"b":[]}`:                                 {vault.Plaintext, ""},
		`{"":1}`:                                         {vault.Plaintext, ""},
		`{"a\n":1}`:                                      {vault.Plaintext, ""},
		`{"` + strings.Repeat("n", 257) + `":1}`:         {vault.Plaintext, ""},
		`{"a":1}{}`:                                      {vault.Plaintext, ""},
		`{"a":01}`:                                       {vault.Plaintext, ""},
		`["a"]`:                                          {vault.Plaintext, ""},
		`"a"`:                                            {vault.Plaintext, ""},
		`7`:                                              {vault.Plaintext, ""},
		``:                                               {vault.Plaintext, ""},
		` `:                                              {vault.Plaintext, ""},
		`{`:                                              {vault.Plaintext, ""},
		`sk-proj`:                                        {vault.Plaintext, ""},
	} {
		kind, value := vault.AWSValue{String: text}.Value()
		if kind != want.kind || fieldsIn(value) != want.fields {
			t.Errorf("%s: %s, %s", text, kind, fieldsIn(value))
		}
		if again, err := value.AWS(); err != nil || again.String != text || again.Binary != nil {
			t.Errorf("%s comes back as %q, %v", text, again, err)
		}
	}
}

func TestAWSOfValuesThatWereMadeHere(t *testing.T) {
	fields := func(pairs ...string) vault.Value {
		all := map[string]vault.Bytes{}
		for i := 0; i < len(pairs); i += 2 {
			all[pairs[i]] = vault.Bytes(pairs[i+1])
		}
		return vault.Value{Fields: all}
	}
	for want, value := range map[string]vault.Value{
		`{"engine":"postgres","host":"db","username":"app","password":"p\"<","dbname":"main","port":5432,"a":"1","ssl":"true"}`: fields(
			"ssl", "true", "a", "1", "port", "5432", "dbname", "main", "password", `p"<`, "username", "app", "host", "db",
			"engine", "postgres"),
		`{"port":"05432"}`: fields("port", "05432"),
		`{"port":"65536"}`: fields("port", "65536"),
		`{"port":"0"}`:     fields("port", "0"),
		`{"port":"+1"}`:    fields("port", "+1"),
		`{"port":""}`:      fields("port", ""),
		`sk-é`:             {Plain: vault.Bytes("sk-é")},
		``:                 {Plain: vault.Bytes{}},
	} {
		if got, err := value.AWS(); err != nil || got.String != want || got.Binary != nil {
			t.Errorf("%+v, %v\nwant %s", got, err, want)
		}
	}
	for _, value := range []vault.Value{
		{Plain: vault.Bytes("\xff")},
		{Plain: vault.Bytes("text"), Binary: []byte("text")},
	} {
		if got, err := value.AWS(); err != nil || string(got.Binary) != string(value.Plain) || got.String != "" {
			t.Errorf("%+v, %v", got, err)
		}
	}
	_, err := fields("a", "\xff").AWS()
	wantError(t, err, vault.ErrInvalid)
}

// putAWS stores a value as AWS's API does.
func putAWS(t testing.TB, v *vault.Vault, name vault.Name, value vault.AWSValue) *vault.Secret {
	t.Helper()
	kind, parsed := value.Value()
	s, err := v.Upsert(name, func(s *vault.Secret) error {
		return s.Add(vault.NewVersion{Kind: kind, AnyKind: true, Value: parsed, Origin: vault.OriginSet})
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// A value that came in AWS's form comes back in it to the byte, also after the metadata
// changed, and from under a value key.
func TestAWSValuesAreKeptExactly(t *testing.T) {
	const object = "{ \"port\" : 5432,\n\"rate\":1.10, \"a\":\"<\\u00e9>\",\"a\":null }"
	for _, key := range []string{"", "payroll"} {
		v, dir, c := newVault(t)
		if key != "" {
			newKey(t, v, key, nil)
		}
		all := []vault.AWSValue{
			{String: object},
			{Binary: []byte("text")},
			{Binary: []byte{}},
			{String: `{"a":[1]}`},
			{Binary: []byte("\xff")},
			{String: object},
		}
		kinds := []vault.Kind{vault.KV, vault.Plaintext, vault.Plaintext, vault.Plaintext, vault.Plaintext, vault.KV}
		for _, value := range all {
			putAWS(t, v, "s", value)
		}
		if key != "" {
			update(t, v, "s", func(s *vault.Secret) error { return s.SetKey(key) })
		}
		for range 2 {
			s, err := openVault(t, dir, options(c)).Get("s")
			if err != nil {
				t.Fatal(err)
			}
			if want := kinds[s.Labels[vault.Current]-1]; s.Kind != want {
				t.Errorf("the secret is %s, want %s", s.Kind, want)
			}
			for i, want := range all {
				version, err := s.Find(vault.Selector{Number: i + 1})
				if err != nil {
					t.Fatal(err)
				}
				got, err := version.AWS()
				if err != nil || fmt.Sprintf("%#v", got) != fmt.Sprintf("%#v", want) || version.Kind != kinds[i] {
					t.Errorf("version %d, %s: %#v, %v; want %#v", i+1, version.Kind, got, err, want)
				}
			}
			if port, err := s.Field(version(t, s, 1), "port"); err != nil || string(port) != "5432" {
				t.Errorf("port: %q, %v", port, err)
			}
			_, err = s.Field(version(t, s, 2), "port")
			wantError(t, err, vault.ErrNotFound)
			_, err = v.UpdateMeta("s", func(s *vault.Secret) error {
				if err := s.Tag("team", "billing"); err != nil {
					return err
				}
				return s.MoveLabel(vault.Current, 2, 6)
			})
			wantError(t, err, nil)
			if s, err = v.GetMeta("s"); err != nil || s.Kind != vault.Plaintext {
				t.Errorf("after current moved the secret is %s, %v", s.Kind, err)
			}
			update(t, v, "s", func(s *vault.Secret) error { return s.MoveLabel(vault.Current, 6, 2) })
		}
	}
}

func version(t testing.TB, s *vault.Secret, number int) vault.Version {
	t.Helper()
	v, err := s.Find(vault.Selector{Number: number})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// A token means one value, whatever form that has.
func TestTokenOfAnAWSValue(t *testing.T) {
	v, _, _ := newVault(t)
	add := func(value vault.AWSValue) error {
		kind, parsed := value.Value()
		_, err := v.Upsert("s", func(s *vault.Secret) error {
			return s.Add(vault.NewVersion{ID: aUUID, Kind: kind, AnyKind: true, Value: parsed, Origin: vault.OriginSet})
		})
		return err
	}
	wantError(t, add(vault.AWSValue{String: `{"a":1}`}), nil)
	wantError(t, add(vault.AWSValue{String: `{"a":1}`}), nil)
	for _, other := range []vault.AWSValue{
		{String: `{"a": 1}`},
		{String: `{"a":"1"}`},
		{String: "x"},
		{Binary: []byte(`{"a":1}`)},
	} {
		wantError(t, add(other), vault.ErrVersionExists)
	}
}

// A program that reads bytes still does after the value was set here.
func TestBinaryValueIsFollowedByBinaryOnes(t *testing.T) {
	v, _, _ := newVault(t)
	putAWS(t, v, "s", vault.AWSValue{Binary: []byte("one")})
	for _, value := range []string{"two", ""} {
		got, err := version(t, set(t, v, "s", value), 0).AWS()
		if err != nil || got.String != "" || got.Binary == nil || string(got.Binary) != value {
			t.Errorf("%#v, %v", got, err)
		}
	}
	if got, err := version(t, putAWS(t, v, "s", vault.AWSValue{String: "text"}), 0).AWS(); err != nil ||
		got.String != "text" {
		t.Errorf("%#v, %v", got, err)
	}
}

func TestValuesInTwoFormsAreRefused(t *testing.T) {
	for what, n := range map[string]vault.NewVersion{
		"JSON that is nested":  {Kind: vault.KV, Value: vault.Value{JSON: `{"a":[]}`}},
		"JSON for a plaintext": {Kind: vault.Plaintext, Value: vault.Value{JSON: `{"a":1}`}},
		"bytes for pairs":      {Kind: vault.KV, Value: vault.Value{Binary: []byte("x")}},
		"JSON and bytes":       {Kind: vault.KV, Value: vault.Value{JSON: `{"a":1}`, Binary: []byte("x")}},
		"more JSON than the limit": {
			Kind:  vault.KV,
			Value: vault.Value{JSON: `{"a":"` + strings.Repeat("x", vault.MaxValueSize) + `"}`},
		},
	} {
		v, _, _ := newVault(t)
		_, err := v.Upsert("s", func(s *vault.Secret) error { return s.Add(n) })
		if wantError(t, err, vault.ErrInvalid); len(listed(t, v)) != 0 {
			t.Errorf("%s made a secret", what)
		}
	}
}

func TestFieldsOfJSONThatChange(t *testing.T) {
	for _, test := range []struct{ before, changes, after string }{
		{`{"a": 1.10, "b":"x"}`, "b=y", `{"a": 1.10, "b":"y"}`},
		{`{"a": 1.10, "b":"x" }`, "c=<1>", `{"a": 1.10, "b":"x","c":"<1>" }`},
		{`{"port":5432}`, "port=5433", `{"port":5433}`},
		{`{"port":5432}`, "port=x", `{"port":"x"}`},
		{`{"port":5432}`, "port=", `{"port":""}`},
		{`{"port":5432}`, "port=null", `{"port":"null"}`},
		{`{"port":5432}`, "port=[]", `{"port":"[]"}`},
		{`{"port":"5432"}`, "port=5433", `{"port":"5433"}`},
		{`{"ssl":true,"x":null}`, "ssl=false", `{"ssl":false,"x":null}`},
		{`{"x":null}`, "x=", `{"x":null}`},
		{`{"x":null}`, "x=1", `{"x":1}`},
		{`{"a":1,"a":2}`, "a=3", `{"a":1,"a":3}`},
		{`{"a":1, "b":2, "c":3}`, "-b", `{"a":1, "c":3}`},
		{`{ "a":1,"b":2}`, "-a", `{ "b":2}`},
		{`{"a":1,"b":2}`, "-b c=3", `{"a":1,"c":"3"}`},
		{`{"a":1}`, "-a b=x", `{"b":"x"}`},
	} {
		_, before := vault.AWSValue{String: test.before}.Value()
		fields := maps.Clone(before.Fields)
		for change := range strings.FieldsSeq(test.changes) {
			name, value, set := strings.Cut(change, "=")
			if set {
				fields[name] = vault.Bytes(value)
			} else {
				delete(fields, name[1:])
			}
		}
		after := before.WithFields(fields)
		if after.JSON != test.after || fmt.Sprint(after.Fields) != fmt.Sprint(fields) {
			t.Errorf("%s with %s is %s, %q; want %s", test.before, test.changes, after.JSON, after.Fields, test.after)
		}
	}
	_, before := vault.AWSValue{String: `{"a":1}`}.Value()
	if after := before.Merged(vault.Value{Fields: map[string]vault.Bytes{"b": vault.Bytes("\xff")}}); after.JSON != "" ||
		fieldsIn(after) != "a=1 b=\xff" {
		t.Errorf("%+v", after)
	}
}

// The fields of any flat object are its members as package json reads them, and an edit
// changes those that it names.
func TestFlatObjectsFollowTheModel(t *testing.T) {
	name := rapid.OneOf(rapid.SampledFrom([]string{"a", "b", "username", "password", "port"}), rapid.StringN(1, 8, 256)).
		Filter(func(s string) bool { return vault.CheckField(s) == nil })
	scalar := rapid.OneOf(
		rapid.SampledFrom([]string{"1.10", "-0", "1E+2", "true", "false", "null", `""`, `"\u0000"`, `"\\\""`}),
		rapid.Map(rapid.String(), func(s string) string { return encode(s) }))
	space := rapid.SampledFrom([]string{"", " ", "\n\t", "\r\n"})
	rapid.Check(t, func(t *rapid.T) {
		draw := func(g *rapid.Generator[string]) string { return g.Draw(t, "part") }
		var members []string
		model := map[string]string{}
		for range rapid.IntRange(1, 5).Draw(t, "members") {
			n, value := draw(name), draw(scalar)
			members = append(members, draw(space)+encode(n)+draw(space)+":"+draw(space)+value+draw(space))
			var decoded any
			model[n] = value
			if json.Unmarshal([]byte(value), &decoded); decoded == nil {
				model[n] = ""
			} else if s, ok := decoded.(string); ok {
				model[n] = s
			}
		}
		text := draw(space) + "{" + strings.Join(members, ",") + "}" + draw(space)
		kind, value := vault.AWSValue{String: text}.Value()
		if kind == vault.Plaintext ||
			!maps.EqualFunc(value.Fields, model, func(a vault.Bytes, b string) bool { return string(a) == b }) {
			t.Fatalf("%q is %s with %q, want %q", text, kind, value.Fields, model)
		}
		fields := maps.Clone(value.Fields)
		for range rapid.IntRange(0, 3).Draw(t, "changes") {
			fields[draw(name)] = vault.Bytes(draw(scalar))
		}
		if names := slices.Sorted(maps.Keys(fields)); len(names) > 1 && rapid.Bool().Draw(t, "remove") {
			delete(fields, rapid.SampledFrom(names).Draw(t, "removed"))
		}
		after := value.WithFields(fields)
		if again, read := (vault.AWSValue{String: after.JSON}).Value(); again == vault.Plaintext ||
			!read.Equal(vault.Value{Fields: fields}) {
			t.Fatalf("%q with %q is %q", text, fields, after.JSON)
		}
		if maps.EqualFunc(fields, value.Fields, func(a, b vault.Bytes) bool { return string(a) == string(b) }) &&
			after.JSON != text {
			t.Fatalf("%q was not changed and is %q", text, after.JSON)
		}
	})
}

func encode(s string) string {
	text, _ := json.Marshal(s)
	return string(text)
}

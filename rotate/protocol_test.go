//go:build linux

package rotate_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"example.org/secret/rotate"
	"example.org/secret/vault"
)

// samples returns the marked blocks of the specification.
func samples(t *testing.T) map[string]string {
	t.Helper()
	text, err := os.ReadFile("PROTOCOL.md")
	must(t, err)
	found := map[string]string{}
	for _, m := range regexp.MustCompile("(?ms)^<!-- sample: ([a-z ]+)"+
		" -->\n```[a-z]*\n(.*?)^```$").FindAllSubmatch(text, -1) {
		found[string(m[1])] = string(m[2])
	}
	if marked := strings.Count(string(text), "<!-- sample:"); len(found) != marked || marked < 6 {
		t.Fatalf("%d samples are marked and %d found", marked, len(found))
	}
	return found
}

// sampleCall returns the call of the samples input and environment.
func sampleCall() rotate.Call {
	version := func(password string) map[string]vault.Bytes {
		return fields("engine", "postgres", "host", "db.example.org", "username", "app",
			"password", password, "x-note", "first", "salt", "\x80\xff\x00").Fields
	}
	return rotate.Call{
		Step: rotate.Set, Timeout: 20 * time.Second, Name: "prod/db/app", Token: "0196f0c4-7a55-7d2e-9d0c-5b1c7a2f6e11",
		Kind: vault.Credential, Tags: map[string]string{"team": "web"},
		Current: version(`it's "old"`), Pending: version("n€w $1"),
		Admin: fields("username", "postgres", "password", "adm1n").Fields,
	}
}

// dump calls a rotator and returns its input and its environment.
func dump(t *testing.T, c rotate.Call) (document []byte, environment []string) {
	t.Helper()
	dir := t.TempDir()
	c.Rotator = rotator(t, "#!/bin/sh\ncat >'"+dir+"/input'\ncat /proc/$$/environ >'"+dir+"/environ'\n")
	_, err := executor(t).Call(t.Context(), c)
	must(t, err)
	document, err = os.ReadFile(dir + "/input")
	must(t, err)
	environ, err := os.ReadFile(dir + "/environ")
	must(t, err)
	for variable := range strings.SplitSeq(strings.TrimSuffix(string(environ), "\x00"), "\x00") {
		if name, _, _ := strings.Cut(variable, "="); name != "PATH" && name != "HOME" && name != "LC_ALL" {
			environment = append(environment, variable)
		}
	}
	slices.Sort(environment)
	return document, environment
}

func TestSampleInput(t *testing.T) {
	t.Parallel()
	sample := samples(t)
	document, environment := dump(t, sampleCall())
	var got, want any
	must(t, json.Unmarshal(document, &got))
	must(t, json.Unmarshal([]byte(sample["input"]), &want))
	if !reflect.DeepEqual(got, want) {
		t.Errorf("the document is\n%s\nthe specification has\n%s", document, sample["input"])
	}
	if got := strings.Join(environment, "\n") + "\n"; got != sample["environment"] {
		t.Errorf("the environment is\n%s\nthe specification has\n%s", got, sample["environment"])
	}
}

// The document has the fields that section 4 leaves out of the environment.
func TestEnvironmentLimits(t *testing.T) {
	t.Parallel()
	long := func(name string, length int) string { return strings.Repeat("x", length-len(name)-1) }
	for _, c := range []struct {
		about   string
		current map[string]string
		present []string
		left    []string
	}{
		{"NUL", map[string]string{"a": "x\x00y", "b": "y"}, []string{"CURRENT_B"}, []string{"CURRENT_A"}},
		{"same name", map[string]string{
			"a-b": "1", "a.b": "2", "A_B": "3", "ab": "4", "ä": "5",
		}, []string{"CURRENT_AB", "CURRENT__"}, []string{"CURRENT_A_B"}},
		{"longest", map[string]string{
			"a": long("CURRENT_A", 131071), "b": long("CURRENT_B", 131072),
		}, []string{"CURRENT_A"}, []string{"CURRENT_B"}},
		{"all together", map[string]string{
			"a": long("CURRENT_A", 131071), "b": long("CURRENT_B", 131071), "c": long("CURRENT_C", 131071),
			"d": long("CURRENT_D", 131071), "e": long("CURRENT_E", 131071),
			"f": long("CURRENT_F", 131071), "g": long("CURRENT_G", 131071), "h": long("CURRENT_H", 131071),
			"i": long("CURRENT_I", 4096), "j": long("CURRENT_J", 4097),
		}, []string{"CURRENT_I"}, []string{"CURRENT_A", "CURRENT_J"}},
	} {
		call := sampleCall()
		call.Pending, call.Admin, call.Current = nil, nil, map[string]vault.Bytes{}
		for field, value := range c.current {
			call.Current[field] = vault.Bytes(value)
		}
		document, environment := dump(t, call)
		var input struct{ Current map[string]vault.Bytes }
		must(t, json.Unmarshal(document, &input))
		if !reflect.DeepEqual(input.Current, call.Current) {
			t.Errorf("%s: the document is not whole", c.about)
		}
		for i, variables := range [][]string{c.present, c.left} {
			for _, variable := range variables {
				present := slices.ContainsFunc(environment, func(v string) bool { return strings.HasPrefix(v, variable+"=") })
				if present != (i == 0) {
					t.Errorf("%s: %s is in the environment: %v", c.about, variable, present)
				}
			}
		}
	}
}

func TestSampleCreate(t *testing.T) {
	t.Parallel()
	sample := samples(t)
	for name, want := range map[string]map[string]vault.Bytes{
		"create credential": fields("username", "app_clone").Fields,
		"create kv":         fields("token", "tok_8Hs2", "id", "17", "salt", "\x80\xff\x00").Fields,
	} {
		if got, err := rotate.ParseCreated(vault.KV, []byte(sample[name])); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s is read as %q, %v", name, got, err)
		}
	}
}

func TestSampleDescribe(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.add(name)
	s, rotation := r.get(name)
	r.engine.Call = rotatorThatPrints(samples(t)["describe"])
	if got, err := r.engine.DefaultGrace(t.Context(), s, rotation); err != nil || got != 5*time.Minute {
		t.Errorf("the grace is %v, %v", got, err)
	}
}

// appctl is the command of the application in the example. It keeps each user's password
// in a file.
const appctl = `#!/bin/sh
cd '%s' || exit
IFS= read -r password
[ "$password" = "$(cat "$3")" ] || exit 1
if [ "$1" = passwd ]; then IFS= read -r new && printf '%%s\n' "$new" >"$3"; fi
`

// TestSampleTranscript plays "STEP LABEL=PASSWORD… -> CODE" line by line with the
// rotator of the example.
func TestSampleTranscript(t *testing.T) {
	t.Parallel()
	sample := samples(t)
	dir := t.TempDir()
	must(t, os.WriteFile(filepath.Join(dir, "app"), []byte("one\n"), 0o600))
	program := rotator(t, fmt.Sprintf(appctl, dir))
	must(t, os.Rename(program, filepath.Join(filepath.Dir(program), "appctl")))
	x := executor(t)
	x.Environ = []string{"PATH=" + filepath.Dir(program) + ":" + os.Getenv("PATH")}
	path := rotator(t, sample["rotator"])
	played := 0
	for line := range strings.Lines(sample["transcript"]) {
		call, code, _ := strings.Cut(strings.TrimSpace(line), " -> ")
		words := strings.Fields(call)
		c := rotate.Call{
			Rotator: path, Step: rotate.Step(words[0]), Timeout: 20 * time.Second, Name: "app",
			Kind: vault.Credential,
		}
		for _, word := range words[1:] {
			label, password, _ := strings.Cut(word, "=")
			values := map[string]*map[string]vault.Bytes{
				"current": &c.Current, "pending": &c.Pending, "previous": &c.Previous,
			}
			*values[label] = fields("username", "app", "password", password).Fields
		}
		output, err := x.Call(t.Context(), c)
		if (err == nil) != (code == "0") || len(output) > 0 {
			t.Errorf("%s: printed %q, %v", line, output, err)
		}
		played++
	}
	if played < 6 {
		t.Errorf("%d lines were played", played)
	}
}

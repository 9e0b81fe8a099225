//go:build unix

package rotators_test

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
)

// samples are the marked code blocks of the protocol.
func samples(t *testing.T) map[string]string {
	t.Helper()
	text := read(t, "../../rotate/PROTOCOL.md")
	block := regexp.MustCompile("(?ms)^<!-- sample: ([a-z ]+) -->\n```[a-z]*\n(.*?)^```$")
	found := map[string]string{}
	for _, m := range block.FindAllStringSubmatch(text, -1) {
		found[m[1]] = m[2]
	}
	if got, want := len(found), strings.Count(text, "<!-- sample:"); got != want || want < 6 {
		t.Fatalf("%d samples were read, %d are marked", got, want)
	}
	return found
}

// sampleInput returns the input of the samples input and environment.
var sampleInput = input{
	step: "set", name: "prod/db/app", token: "0196f0c4-7a55-7d2e-9d0c-5b1c7a2f6e11",
	kind: "credential", tags: map[string]string{"team": "web"},
	versions: versions{
		current: fields{
			"engine": "postgres", "host": "db.example.org", "username": "app",
			"password": `it's "old"`, "x-note": "first", "salt": "\x80\xff\x00",
		},
		pending: fields{
			"engine": "postgres", "host": "db.example.org", "username": "app",
			"password": "n€w $1", "x-note": "first", "salt": "\x80\xff\x00",
		},
		admin: fields{"username": "postgres", "password": "adm1n"},
	},
}

// The driver of these tests keeps the protocol.
func TestProtocolInput(t *testing.T) {
	t.Parallel()
	sample := samples(t)
	var want, got any
	document, err := sampleInput.json()
	if err != nil {
		t.Fatal(err)
	}
	for text, value := range map[string]*any{sample["input"]: &want, string(document): &got} {
		if err := json.Unmarshal([]byte(text), value); err != nil {
			t.Fatalf("%v in\n%s", err, text)
		}
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("the input is\n%s\nwant\n%s", document, sample["input"])
	}
	env := sampleInput.env()
	slices.Sort(env)
	if got := strings.Join(env, "\n") + "\n"; got != sample["environment"] {
		t.Errorf("the environment is\n%s\nwant\n%s", got, sample["environment"])
	}
}

func TestProtocolCreate(t *testing.T) {
	t.Parallel()
	sample := samples(t)
	for name, want := range map[string]fields{
		"create credential": {"username": "app_clone"},
		"create kv":         {"token": "tok_8Hs2", "id": "17", "salt": "\x80\xff\x00"},
	} {
		got, err := parseCreate(sample[name])
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s gives %q, %v", name, got, err)
		}
	}
}

// appctl is the command of the application in the example. It keeps the
// passwords in files named after the users.
const appctl = `#!/bin/sh
set -eu
file=%q/$3
IFS= read -r password
[ "$password" = "$(cat "$file")" ] || exit 1
case $1 in
passwd)
	IFS= read -r new
	printf '%%s\n' "$new" >"$file"
	;;
esac
`

// TestProtocolExample plays the transcript with the example's rotator, of which
// each line reads "STEP VERSION=PASSWORD… -> CODE".
func TestProtocolExample(t *testing.T) {
	t.Parallel()
	sample := samples(t)
	dir := t.TempDir()
	rotator := filepath.Join(dir, "rotator")
	writeProgram(t, rotator, sample["rotator"])
	if err := os.WriteFile(filepath.Join(dir, "app"), []byte("one!!!\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	d := driverFor(t, rotator)
	program := filepath.Join(dir, "appctl")
	writeProgram(t, program, fmt.Sprintf(appctl, dir))
	d.record("appctl", program)
	for line := range strings.SplitSeq(strings.TrimSpace(sample["transcript"]), "\n") {
		call, code, _ := strings.Cut(line, " -> ")
		words := strings.Fields(call)
		var v versions
		for _, word := range words[1:] {
			version, password, _ := strings.Cut(word, "=")
			// The driver requires passwords that do not occur by chance.
			f := fields{"username": "app", "password": password + "!!!"}
			switch version {
			case "current":
				v.current = f
			case "pending":
				v.pending = f
			case "previous":
				v.previous = f
			}
		}
		if r := d.call(words[0], v); fmt.Sprint(r.code) != code || r.stdout != "" {
			t.Errorf("%s: exits with %d and prints %q: %s", line, r.code, r.stdout, r.stderr)
		}
	}
}

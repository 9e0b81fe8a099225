package main

import (
	"errors"
	"strings"
	"testing"

	"example.org/secret/cmd/secret/internal/escape"
	"example.org/secret/vault"
)

func TestNameMatcher(t *testing.T) {
	const names = "a a/b a/b/c ab b/a b/a/c [x] a//b"
	for pattern, want := range map[string]string{
		"":        names,
		"a":       "a a/b a/b/c ab a//b",
		"a/":      "a/b a/b/c a//b",
		"a/b":     "a/b a/b/c",
		"*":       "a ab [x]",
		"a*":      "a ab",
		"a/*":     "a/b",
		"*/*":     "a/b b/a",
		"*/a/*":   "b/a/c",
		"**":      names,
		"**/a":    "a b/a",
		"a/**":    "a a/b a/b/c a//b",
		"**/c":    "a/b/c b/a/c",
		"a/**/b":  "a/b a//b",
		"?":       "a",
		"[ab]/?":  "a/b b/a",
		"[^a]/**": "b/a b/a/c",
		`\[x]`:    "[x]",
		"nothing": "",
	} {
		matches, err := nameMatcher(pattern)
		if err != nil {
			t.Errorf("%q: %v", pattern, err)
			continue
		}
		var got []string
		for name := range strings.FieldsSeq(names) {
			if matches(name) {
				got = append(got, name)
			}
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%q matches %q, want %q", pattern, got, want)
		}
	}
	for _, pattern := range []string{"[", "a/[b", "[]a]"} {
		if _, err := nameMatcher(pattern); !errors.Is(err, vault.ErrInvalid) {
			t.Errorf("%q is taken as a glob: %v", pattern, err)
		}
	}
}

func TestHasTags(t *testing.T) {
	tags := map[string]string{"team": "billing", "empty": ""}
	for wanted, want := range map[string]bool{
		"": true, "team": true, "team=billing": true, "team=web": false, "team=": false, "env": false,
		"empty": true, "empty=": true, "team empty=": true, "team env": false, "Team": false,
	} {
		if got := hasTags(tags, strings.Fields(wanted)); got != want {
			t.Errorf("hasTags(%q) = %v", wanted, got)
		}
	}
}

func TestTree(t *testing.T) {
	for names, want := range map[string]string{
		"":    "",
		"a":   "└── a\n",
		"a b": "├── a\n└── b\n",
		// A secret and a branch may have one name.
		"a a/b":      "├── a\n└── a/\n    └── b\n",
		"a/b a/c/d":  "└── a/\n    ├── b\n    └── c/\n        └── d\n",
		"a-b a/b":    "├── a/\n│   └── b\n└── a-b\n",
		"/a a//b c/": "├── /\n│   └── a\n├── a/\n│   └── /\n│       └── b\n└── c/\n    └── \n",
	} {
		var b strings.Builder
		var found []vault.Listed
		for name := range strings.FieldsSeq(names) {
			found = append(found, vault.Listed{Name: vault.Name(name)})
		}
		a := app{stdout: &b}
		if err := a.printTree(found); err != nil {
			t.Fatal(err)
		}
		if b.String() != want {
			t.Errorf("%q is the tree\n%swant\n%s", names, b.String(), want)
		}
	}
}

func TestVisible(t *testing.T) {
	for text, want := range map[string]string{
		"plain é 日本 \ufffd":  "plain é 日本 \ufffd",
		"a\x1b[2J\x07":       `a\u001b[2J\u0007`,
		"a\nb\tc\rd":         `a\nb\tc\u000dd`,
		"\u009b\x7f":         `\u009b\u007f`,
		"\u202e\u2066\ufeff": `\u202e\u2066\ufeff`,
		"\u2028":             `\u2028`,
		"\xff\xc3":           `\xff\xc3`,
	} {
		if got := escape.Text(text); got != want {
			t.Errorf("escape.Text(%q) = %s, want %s", text, got, want)
		}
	}
	if got, want := string(escape.JSON("{\"a\": \"\u009b\U000e0001é\"}\n")), "{\"a\": \"\\u009b\\udb40\\udc01é\"}\n"; got != want {
		t.Errorf("JSON gives %s, want %s", got, want)
	}
}

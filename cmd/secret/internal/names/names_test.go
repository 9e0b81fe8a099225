package names_test

import (
	"errors"
	"strings"
	"testing"

	"example.org/secret/cmd/secret/internal/names"
	"example.org/secret/vault"
)

func TestMatcher(t *testing.T) {
	const all = "a a/b a/b/c ab b/a b/a/c [x] a//b"
	for pattern, want := range map[string]string{
		"":        all,
		"a":       "a a/b a/b/c ab a//b",
		"a/":      "a/b a/b/c a//b",
		"a/b":     "a/b a/b/c",
		"*":       "a ab [x]",
		"a*":      "a ab",
		"a/*":     "a/b",
		"*/*":     "a/b b/a",
		"*/a/*":   "b/a/c",
		"**":      all,
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
		matches, err := names.Matcher(pattern)
		if err != nil {
			t.Errorf("%q: %v", pattern, err)
			continue
		}
		var got []string
		for name := range strings.FieldsSeq(all) {
			if matches(name) {
				got = append(got, name)
			}
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%q matches %q, want %q", pattern, got, want)
		}
	}
	for _, pattern := range []string{"[", "a/[b", "[]a]"} {
		if _, err := names.Matcher(pattern); !errors.Is(err, vault.ErrInvalid) {
			t.Errorf("%q is accepted as a glob: %v", pattern, err)
		}
	}
}

func TestTree(t *testing.T) {
	for list, want := range map[string]string{
		"":    "",
		"a":   "└── a\n",
		"a b": "├── a\n└── b\n",
		// A secret and a branch may have one name.
		"a a/b":      "├── a\n└── a/\n    └── b\n",
		"a/b a/c/d":  "└── a/\n    ├── b\n    └── c/\n        └── d\n",
		"a-b a/b":    "├── a/\n│   └── b\n└── a-b\n",
		"/a a//b c/": "├── /\n│   └── a\n├── a/\n│   └── /\n│       └── b\n└── c/\n    └── \n",
	} {
		if got := names.Tree(strings.Fields(list)); got != want {
			t.Errorf("%q is the tree\n%swant\n%s", list, got, want)
		}
	}
}

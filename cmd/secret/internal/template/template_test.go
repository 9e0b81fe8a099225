package template_test

import (
	"errors"
	"strings"
	"testing"

	"example.org/secret/cmd/secret/internal/template"
)

func TestReplace(t *testing.T) {
	resolve := func(reference string) ([]byte, error) {
		return []byte("<" + strings.TrimPrefix(reference, "secret://") + ">"), nil
	}
	for text, want := range map[string]string{
		"":                                      "",
		"no reference":                          "no reference",
		"a secret://prod/db#password b":         "a <prod/db#password> b",
		"{{ secret://prod/db#password }}behind": "<prod/db#password>behind",
		"{{secret://with space}}":               "<with space>",
		"secret://key?version=3, and":           "<key?version=3>, and",
		"topsecret://key":                       "topsecret://key",
	} {
		got, err := template.Replace([]byte(text), resolve)
		if err != nil || string(got) != want {
			t.Errorf("%q becomes %q, %v; want %q", text, got, err, want)
		}
	}
}

func TestReplaceNamesTheLine(t *testing.T) {
	refuse := func(string) ([]byte, error) { return nil, errors.New("refused") }
	_, err := template.Replace([]byte("one\ntwo secret://key\n"), refuse)
	if err == nil || !strings.Contains(err.Error(), "line 2 of the template: refused") {
		t.Errorf("the error is %v", err)
	}
}

package escape_test

import (
	"testing"

	"example.org/secret/cmd/secret/internal/escape"
)

func TestText(t *testing.T) {
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
	if got, want := string(escape.JSON("{\"a\": \"\u009b\U000e0001é\"}\n")),
		"{\"a\": \"\\u009b\\udb40\\udc01é\"}\n"; got != want {
		t.Errorf("JSON gives %s, want %s", got, want)
	}
}

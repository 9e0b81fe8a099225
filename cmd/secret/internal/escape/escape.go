// Package escape shows the characters of a text that a terminal would obey, or that
// pass for other text, in an escaped form.
package escape

import (
	"bytes"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// Text escapes control and format characters, line breaks, and bytes that are not
// UTF-8. The result is one line.
func Text(s string) string {
	if !strings.ContainsFunc(s, isInvisible) && utf8.ValidString(s) {
		return s
	}
	var b strings.Builder
	for i, r := range s {
		switch {
		case r == utf8.RuneError && !strings.HasPrefix(s[i:], "\uFFFD"):
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\t':
			b.WriteString(`\t`)
		case isInvisible(r):
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// JSON escapes the same characters of a JSON text as JSON does, so that the text
// keeps its meaning. Newlines between tokens stay.
func JSON(text string) []byte {
	var b []byte
	for _, r := range text {
		switch {
		case r == '\n' || !isInvisible(r):
			b = utf8.AppendRune(b, r)
		case r > 0xffff:
			high, low := utf16.EncodeRune(r)
			b = fmt.Appendf(b, `\u%04x\u%04x`, high, low)
		default:
			b = fmt.Appendf(b, `\u%04x`, r)
		}
	}
	return b
}

// Harmless reports whether a terminal shows a text of several lines as it is: without
// control characters, and without format characters but the joiners that scripts and
// emoji need.
func Harmless(text []byte) bool {
	return utf8.Valid(text) && !bytes.ContainsFunc(text, func(r rune) bool {
		return isInvisible(r) && !strings.ContainsRune("\n\r\t\u200c\u200d", r)
	})
}

func isInvisible(r rune) bool {
	return unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp)
}

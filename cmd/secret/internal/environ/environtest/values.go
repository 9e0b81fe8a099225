// Package environtest has values that a reader or a writer of text may change.
package environtest

import "strings"

// Values returns the values.
func Values() []string {
	return []string{
		"", " ", "simple", "two words", " around ", "#no comment", "a #b", "a=b", "$HOME", "${HOME}", "$(id)", "`id`",
		"$$", `\$x`, "it's", `"`, `"quoted"`, `"it's"`, `\`, `\\`, `a\`, `\n`, `\"`, "a\nb", "\n", "a\n", "\r", "a\r\nb",
		"\t", "!history!", "x\nLD_PRELOAD=/tmp/e.so", "export A=1", "007", "+5", "1e3", "null", "~", "yes", "0x10",
		"2001-01-01", "- a", "? a", ": b", "a: b",
		"[a", "{a", "&a", "*a", "!a", "%a", "@a", "|", ">", "---", "...", "--- a\n--- b\n", "<<", "=", "é", "日本", "\u0085",
		"\u2028", "\ufeff", "\u00a0", "\x7f", "\x1b[2J", "\xff\xfe", "\xc3", "\ufffd", "\U000e0001", "\ufffe",
		"-----BEGIN KEY-----\nabc\n-----END KEY-----\n", "  indented\n    more\n", "a\n\n\nb\n\n", "a \nb\n", "\ta\n",
		strings.Repeat("x", 300),
		strings.Repeat("long words ", 40), strings.Repeat("line\n", 40),
	}
}

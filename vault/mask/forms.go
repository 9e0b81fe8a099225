package mask

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// maxEncoded is the length of the longest value that is looked for in other forms
// than its own. Each byte of a form takes memory.
const maxEncoded = 64 << 10

// forms returns the ways in which a value is likely to be printed. Programs and
// shells tend to drop the newline at the end of a file.
func forms(value []byte) [][]byte {
	var all [][]byte
	trimmed := bytes.TrimRight(value, "\r\n")
	for _, v := range [][]byte{value, trimmed} {
		if len(v) < MinLength {
			continue
		}
		all = append(all, v)
		if len(v) > maxEncoded {
			continue
		}
		for _, form := range encoded(string(v)) {
			all = append(all, []byte(form))
		}
	}
	return all
}

func encoded(v string) []string {
	query := url.QueryEscape(v)
	all := []string{
		base64.StdEncoding.EncodeToString([]byte(v)),
		base64.RawStdEncoding.EncodeToString([]byte(v)),
		base64.URLEncoding.EncodeToString([]byte(v)),
		base64.RawURLEncoding.EncodeToString([]byte(v)),
		query,
		strings.ReplaceAll(query, "+", "%20"),
		url.PathEscape(v),
		strings.TrimPrefix(url.UserPassword("", v).String(), ":"),
	}
	if utf8.ValidString(v) {
		all = append(all, escapeJSON(v, false), escapeJSON(v, true), escapeASCII(escapeJSON(v, false)))
	}
	return all
}

// escapeJSON returns the string as in JSON, without its quotes.
func escapeJSON(v string, forHTML bool) string {
	var b strings.Builder
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(forHTML)
	_ = encoder.Encode(v) // a string can be encoded
	return strings.TrimSuffix(strings.TrimPrefix(b.String(), `"`), "\"\n")
}

// escapeASCII is what Python and others do on top.
func escapeASCII(v string) string {
	var b strings.Builder
	for _, r := range v {
		switch high, low := utf16.EncodeRune(r); {
		case r < utf8.RuneSelf:
			b.WriteRune(r)
		case high != utf8.RuneError:
			fmt.Fprintf(&b, `\u%04x\u%04x`, high, low)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	return b.String()
}

package mask

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

const (
	// The longest values, in bytes, that are masked in base64 and hexadecimal, and with
	// characters escaped. Each byte of each form takes memory.
	maxEncoded = 64 << 10
	maxEscaped = 2 << 10

	// minLine is the length of the shortest line that is masked without the other lines
	// of its value. Shorter ones, such as the braces of JSON, are found everywhere. The
	// lines of a key in PEM are masked from [MinLength] on.
	minLine = 8
)

// forms returns the ways in which programs are likely to print a value. Programs and
// shells tend to drop the newline at the end of a file.
func forms(value string) []string {
	var all []string
	for _, v := range []string{value, strings.TrimRight(value, "\r\n")} {
		if len(v) < MinLength {
			continue
		}
		all = append(all, v)
		all = append(all, lines(v)...)
		if len(v) <= maxEncoded {
			all = append(all, inBase64(v)...)
			all = append(all, inHex(v)...)
		}
		if len(v) <= maxEscaped {
			all = append(all, inURL(v)...)
			all = append(all, inJSON(v)...)
			all = append(all, quoted(v)...)
		}
	}
	return slices.DeleteFunc(all, func(form string) bool { return len(form) < MinLength })
}

// inBase64 returns the base64 of a value by itself, in lines as programs wrap it, and the
// part that is the same whatever stands before and after the value, as in the
// user:password of an Authorization header.
func inBase64(v string) []string {
	var all []string
	for _, encoding := range []*base64.Encoding{base64.StdEncoding, base64.URLEncoding} {
		whole := encoding.EncodeToString([]byte(v))
		all = append(all, whole, strings.TrimRight(whole, "="))
		for before := range 3 {
			amid := encoding.EncodeToString(append(make([]byte, before), v...))
			first, end := (before*8+5)/6, (before+len(v))*8/6
			all = append(all, amid[first:end])
		}
	}
	const openssl, mime = 64, 76
	return append(all, wrapped(all[0], openssl), wrapped(all[0], mime))
}

func wrapped(s string, width int) string {
	var b strings.Builder
	for len(s) > width {
		b.WriteString(s[:width] + "\n")
		s = s[width:]
	}
	return b.String() + s
}

func inHex(v string) []string {
	lower := hex.EncodeToString([]byte(v))
	return []string{lower, strings.ToUpper(lower)}
}

// inURL returns a value as the functions of several languages escape it. They differ in
// the characters that they leave alone beside letters, digits, - and _.
func inURL(v string) []string {
	var all []string
	for _, safe := range []string{
		".~",                 // RFC 3986; Go's url.QueryEscape, PHP's rawurlencode
		".",                  // PHP's urlencode
		".*",                 // forms: Java's URLEncoder, URLSearchParams
		".~/",                // Python's quote
		".~$&+=:@",           // Go's url.PathEscape
		".~$&+=,;",           // Go's url.UserPassword
		".~!$&'()*+,",        // URL's password
		".!*()",              // .NET's HttpUtility.UrlEncode
		".~!*'()",            // encodeURIComponent
		".~!*'();,/?:@&=+$#", // encodeURI
	} {
		for _, format := range []string{"%%%02X", "%%%02x"} {
			escaped := percentEncode(v, safe, format)
			all = append(all, escaped, strings.ReplaceAll(escaped, "%20", "+"))
		}
	}
	return all
}

func percentEncode(v, safe, format string) string {
	var b strings.Builder
	for i := range len(v) {
		switch c := v[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', strings.IndexByte("-_"+safe, c) >= 0:
			b.WriteByte(c)
		default:
			fmt.Fprintf(&b, format, c)
		}
	}
	return b.String()
}

// inJSON returns a value as a string of JSON, and as one of JSON inside a string.
func inJSON(v string) []string {
	if !utf8.ValidString(v) {
		return nil // JSON cannot hold it
	}
	var all []string
	for _, forHTML := range []bool{false, true} {
		escaped := escapeJSON(v, forHTML)
		for _, once := range []string{
			escaped,
			escapeASCII(escaped, `\u%04x`), // Python
			escapeASCII(escaped, `\u%04X`), // .NET
		} {
			for _, form := range []string{once, escapeJSON(once, forHTML)} {
				all = append(all, form, strings.ReplaceAll(form, "/", `\/`)) // PHP
			}
		}
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

func escapeASCII(v, format string) string {
	var b strings.Builder
	for _, r := range v {
		switch high, low := utf16.EncodeRune(r); {
		case r < utf8.RuneSelf:
			b.WriteRune(r)
		case high != utf8.RuneError:
			fmt.Fprintf(&b, format+format, high, low)
		default:
			fmt.Fprintf(&b, format, r)
		}
	}
	return b.String()
}

// quoted returns a value as it stands between the quotes of shells and languages.
func quoted(v string) []string {
	goQuoted, goASCII := strconv.Quote(v), strconv.QuoteToASCII(v)
	all := []string{goQuoted[1 : len(goQuoted)-1], goASCII[1 : len(goASCII)-1]}
	for _, replacements := range [][]string{
		{`'`, `'\''`},  // sh
		{`'`, `'"'"'`}, // Python's shlex
		{`'`, `''`},    // SQL, YAML
		{`"`, `""`},    // CSV
		{`\`, `\\`, `"`, `\"`},
		{`\`, `\\`, `'`, `\'`},
		{`\`, `\\`, `'`, `\'`, "\n", `\n`, "\r", `\r`, "\t", `\t`}, // Python's repr, $'…'
		{`\`, `\\`, `"`, `\"`, "$", `\$`, "`", "\\`"},              // sh
		{`\`, `\\`, `"`, `\"`, "$", `\$`, "`", "\\`", "!", `\!`},
		{"&", "&amp;", "<", "&lt;", ">", "&gt;"}, // XML and HTML
		{"&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;"},
		{"&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "'", "&apos;"},
		{"&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "'", "&#39;"},
		{"&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "'", "&#x27;"},
		{"&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&#34;", "'", "&#39;"},
	} {
		all = append(all, strings.NewReplacer(replacements...).Replace(v))
	}
	return append(all, shellEscape(v))
}

// shellEscape returns a value as bash prints it for %q.
func shellEscape(v string) string {
	var b strings.Builder
	for i := range len(v) {
		if strings.IndexByte(" '\"\\|&;()<>!{}*[]?^$`,", v[i]) >= 0 || i == 0 && (v[i] == '#' || v[i] == '~') {
			b.WriteByte('\\')
		}
		b.WriteByte(v[i])
	}
	return b.String()
}

// lines returns the lines of a value, which programs print one by one, or indented. The
// first and last lines of PEM are public.
func lines(v string) []string {
	var all []string
	least := minLine
	for line := range strings.Lines(v) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "-----") {
			least = minLine
			if strings.HasPrefix(line, "-----BEGIN ") {
				least = MinLength
			}
			continue
		}
		if len(line) >= least {
			all = append(all, line)
		}
	}
	return all
}

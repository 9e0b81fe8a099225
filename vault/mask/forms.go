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
	// maxEscaped is the length in bytes of the longest values that are masked with
	// characters escaped. Each byte of each form takes memory.
	maxEscaped = 2 << 10

	// minLine is the length of the shortest line that is masked without the other lines
	// of its value. Shorter ones, such as the braces of JSON, are found everywhere. The
	// lines of a key in PEM are masked from [MinLength] on.
	minLine = 8
)

// forms are the ways in which programs are likely to print values: as text, and in the
// letters of hexadecimal and base64.
type forms struct {
	plain, hex, base64 []string
}

// add adds the forms of a value. Programs and shells tend to drop the newline at the end
// of a file.
func (f *forms) add(value string) {
	for _, v := range slices.Compact([]string{value, strings.TrimRight(value, "\r\n")}) {
		if len(v) < MinLength {
			continue
		}
		f.plain = append(append(f.plain, v), lines(v)...)
		f.hex = append(f.hex, hex.EncodeToString([]byte(v)))
		f.base64 = append(f.base64, inBase64(v)...)
		if len(v) <= maxEscaped && strings.ContainsFunc(v, isEscaped) {
			escaped := slices.Concat(inURL(v), inJSON(v), quoted(v))
			slices.Sort(escaped)
			f.plain = append(f.plain, slices.Compact(escaped)...)
		}
	}
}

// isEscaped reports whether any form has a character in another way.
func isEscaped(r rune) bool {
	return r != '-' && r != '_' && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
}

// inBase64 returns the base64 of a value by itself, and the part that is the same whatever
// stands before and after the value, as in the user:password of an Authorization header.
func inBase64(v string) []string {
	whole := base64.StdEncoding.EncodeToString([]byte(v))
	all := []string{whole, strings.TrimRight(whole, "=")}
	for before := range 3 {
		amid := base64.StdEncoding.EncodeToString(append(make([]byte, before), v...))
		first, end := (before*8+5)/6, (before+len(v))*8/6
		all = append(all, amid[first:end])
	}
	return all
}

// urlSafe are the characters that functions of several languages leave alone in URLs,
// beside letters, digits, - and _.
var urlSafe = []string{
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
}

// urlEscaped tells for each of these which bytes become %XX.
var urlEscaped = func() (tables [][256]bool) {
	for _, safe := range urlSafe {
		var escaped [256]bool
		for c := range escaped {
			escaped[c] = isEscaped(rune(c)) && strings.IndexByte(safe, byte(c)) < 0
		}
		tables = append(tables, escaped)
	}
	return tables
}()

func inURL(v string) []string {
	var all []string
	for i := range urlEscaped {
		for _, digits := range []string{"0123456789ABCDEF", "0123456789abcdef"} {
			escaped := percentEncode(v, &urlEscaped[i], digits)
			all = append(all, escaped)
			if strings.Contains(v, " ") {
				all = append(all, strings.ReplaceAll(escaped, "%20", "+"))
			}
		}
	}
	return all
}

func percentEncode(v string, escaped *[256]bool, digits string) string {
	b := make([]byte, 0, 3*len(v))
	for i := range len(v) {
		if c := v[i]; escaped[c] {
			b = append(b, '%', digits[c>>4], digits[c&0xf])
		} else {
			b = append(b, c)
		}
	}
	return string(b)
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

// quotes escape a value between the quotes of shells and languages.
var quotes = []*strings.Replacer{
	strings.NewReplacer(`'`, `'\''`),  // sh
	strings.NewReplacer(`'`, `'"'"'`), // Python's shlex
	strings.NewReplacer(`'`, `''`),    // SQL, YAML
	strings.NewReplacer(`"`, `""`),    // CSV
	strings.NewReplacer(`\`, `\\`, `"`, `\"`),
	strings.NewReplacer(`\`, `\\`, `'`, `\'`),
	strings.NewReplacer(`\`, `\\`, `'`, `\'`, "\n", `\n`, "\r", `\r`, "\t", `\t`), // Python's repr, $'…'
	strings.NewReplacer(`\`, `\\`, `"`, `\"`, "$", `\$`, "`", "\\`"),              // sh
	strings.NewReplacer(`\`, `\\`, `"`, `\"`, "$", `\$`, "`", "\\`", "!", `\!`),
	strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;"), // XML and HTML
	strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;"),
	strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "'", "&apos;"),
	strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "'", "&#39;"),
	strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "'", "&#x27;"),
	strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&#34;", "'", "&#39;"),
}

// quoted returns a value as it stands between the quotes of shells and languages.
func quoted(v string) []string {
	goQuoted, goASCII := strconv.Quote(v), strconv.QuoteToASCII(v)
	all := []string{goQuoted[1 : len(goQuoted)-1], goASCII[1 : len(goASCII)-1]}
	for _, q := range quotes {
		all = append(all, q.Replace(v))
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

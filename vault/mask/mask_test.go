package mask_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"example.org/secret/vault/mask"
)

func masker(values ...string) *mask.Masker {
	var all [][]byte
	for _, v := range values {
		all = append(all, []byte(v))
	}
	return mask.New(all...)
}

func TestMask(t *testing.T) {
	for _, test := range []struct {
		name   string
		values []string
		text   string
		want   string
	}{
		{"nothing to mask", nil, "text", "text"},
		{"in the middle", []string{"hunter2"}, "login hunter2 ok", "login ***** ok"},
		{"twice, touching", []string{"hunter2"}, "hunter2hunter2", "**********"},
		{"almost", []string{"hunter2"}, "hunterhunter hunte", "hunterhunter hunte"},
		{"behind its own beginning", []string{"aab7"}, "aaaab7", "aa*****"},
		{"one in another", []string{"pass", "password1"}, "pass password1 password", "***** ***** *****word"},
		{"inside, and the longer one breaks off", []string{"xbcdefgh", "cdef"}, "xbcdefgX", "xb*****gX"},
		{"overlapping", []string{"abcdef", "efghij"}, "-abcdefghij-", "-*****-"},
		{"overlapping itself", []string{"abab"}, "abababab", "*****"},
		{"short values", []string{"abc", ""}, "abc", "abc"},
		{"a value's last newline", []string{"line one\n"}, "[line one]", "[*****]"},
		{"only newlines", []string{"\n\n\n\n\n"}, "a\nb", "a\nb"},
		{"binary", []string{"\x00\xff\xfe\x01"}, "a\x00\xff\xfe\x01b", "a*****b"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := masker(test.values...).Mask([]byte(test.text)); string(got) != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

// The same value as other programs print it.
func TestForms(t *testing.T) {
	const value = `it's a/"p@ss+w\rd" & <é>$x!`
	for program, form := range map[string]string{
		"base64":                       `aXQncyBhLyJwQHNzK3dccmQiICYgPMOpPiR4IQ==`,
		"basenc --base64url":           `aXQncyBhLyJwQHNzK3dccmQiICYgPMOpPiR4IQ`,
		"xxd -p":                       `6974277320612f22704073732b775c7264222026203cc3a93e247821`,
		"JSON.stringify":               `it's a/\"p@ss+w\\rd\" & <é>$x!`,
		"JSON.stringify, twice":        `it's a/\\\"p@ss+w\\\\rd\\\" & <é>$x!`,
		"Go's json.Marshal":            `it's a/\"p@ss+w\\rd\" \u0026 \u003cé\u003e$x!`,
		"Python's json.dumps":          `it's a/\"p@ss+w\\rd\" & <\u00e9>$x!`,
		"Python's json.dumps, twice":   `it's a/\\\"p@ss+w\\\\rd\\\" & <\\u00e9>$x!`,
		"Python's repr":                `it\'s a/"p@ss+w\\rd" & <é>$x!`,
		"Python's html.escape":         `it&#x27;s a/&quot;p@ss+w\rd&quot; &amp; &lt;é&gt;$x!`,
		"Python's shlex.quote":         `it'"'"'s a/"p@ss+w\rd" & <é>$x!`,
		"Python's quote":               `it%27s%20a/%22p%40ss%2Bw%5Crd%22%20%26%20%3C%C3%A9%3E%24x%21`,
		"Python's quote_plus":          `it%27s+a%2F%22p%40ss%2Bw%5Crd%22+%26+%3C%C3%A9%3E%24x%21`,
		".NET's HttpUtility.UrlEncode": `it%27s+a%2f%22p%40ss%2bw%5crd%22+%26+%3c%c3%a9%3e%24x!`,
		"Go's url.QueryEscape":         url.QueryEscape(value),
		"Go's url.PathEscape":          url.PathEscape(value),
		"Go's url.User":                url.User(value).String(),
		"Go's %q":                      `it's a/\"p@ss+w\\rd\" & <é>$x!`,
		"Go's %+q":                     `it's a/\"p@ss+w\\rd\" & <\u00e9>$x!`,
		"Go's html.EscapeString":       `it&#39;s a/&#34;p@ss+w\rd&#34; &amp; &lt;é&gt;$x!`,
		"PHP's json_encode":            `it's a\/\"p@ss+w\\rd\" & <\u00e9>$x!`,
		"encodeURIComponent":           `it's%20a%2F%22p%40ss%2Bw%5Crd%22%20%26%20%3C%C3%A9%3E%24x!`,
		"encodeURI":                    `it's%20a/%22p@ss+w%5Crd%22%20&%20%3C%C3%A9%3E$x!`,
		"URLSearchParams":              `it%27s+a%2F%22p%40ss%2Bw%5Crd%22+%26+%3C%C3%A9%3E%24x%21`,
		"URL's password":               `it's%20a%2F%22p%40ss+w%5Crd%22%20&%20%3C%C3%A9%3E$x!`,
		"bash's printf %q":             `it\'s\ a/\"p@ss+w\\rd\"\ \&\ \<é\>\$x\!`,
		"bash's ${v@Q}":                `it'\''s a/"p@ss+w\rd" & <é>$x!`,
		"jq's @html":                   `it&#39;s a/&quot;p@ss+w\rd&quot; &amp; &lt;é&gt;$x!`,
		"jq's @csv":                    `it's a/""p@ss+w\rd"" & <é>$x!`,
		"SQL":                          `it''s a/"p@ss+w\rd" & <é>$x!`,
	} {
		if got := masker(value).Mask([]byte("<" + form + ">")); string(got) != "<*****>" {
			t.Errorf("%s: %q was masked as %q", program, form, got)
		}
	}
}

// As in the header of HTTP's basic authentication: the letters at either end are
// of the value and of the text beside it.
func TestAmidBase64(t *testing.T) {
	const value = "correct horse\xfb\xff"
	for _, before := range []string{"", "a", "ab", "abc", "user:"} {
		for _, after := range []string{"", "a", "ab", "abc"} {
			for _, encoding := range []*base64.Encoding{base64.StdEncoding, base64.RawURLEncoding} {
				text := encoding.EncodeToString([]byte(before + value + after))
				got := string(masker(value).Mask([]byte(text)))
				if left := len(got) - len("*****"); !strings.Contains(got, "*****") || left > (len(before)+len(after)+2)*4/3+4 {
					t.Errorf("%q before and %q after: %s was masked as %s", before, after, text, got)
				}
			}
		}
	}
}

func TestLines(t *testing.T) {
	key := "-----BEGIN PRIVATE KEY-----\n" + strings.Repeat("QUJDREVGR0hJSktMTU5P", 3) +
		"\nend==\n-----END PRIVATE KEY-----\n"
	m := masker(key)
	indented := "  -----BEGIN PRIVATE KEY-----\n  " + strings.Repeat("QUJDREVGR0hJSktMTU5P", 3) + "\n  end==\n"
	if got, want := string(m.Mask([]byte(indented))), "  -----BEGIN PRIVATE KEY-----\n  *****\n  *****\n"; got != want {
		t.Errorf("indented: %q", got)
	}
}

// Programs print the encoding of a long value in lines.
func TestWrapped(t *testing.T) {
	value := strings.Repeat("correct horse battery staple ", 33)
	dump := make([]string, len(value)) // as od -An -tx1 has it
	for i := range dump {
		dump[i] = fmt.Sprintf(" %02x", value[i])
		if i%16 == 15 {
			dump[i] += "\n"
		}
	}
	m := masker(value)
	if got, want := string(m.Mask([]byte(strings.Join(dump, "")+"\n"))), " *****\n"; got != want {
		t.Errorf("as od prints it: %q", got)
	}
	for name, encoded := range map[string]string{
		"base64": base64.StdEncoding.EncodeToString([]byte(value)),
		"hex":    hex.EncodeToString([]byte(value)),
	} {
		for width := 4; width < 100; width++ {
			for _, between := range []string{"\n", "\r\n", "\n    "} {
				var text string
				for line := range slices.Chunk([]byte(encoded), width) {
					text += string(line) + between
				}
				if got := string(m.Mask([]byte(text))); got != "*****"+between {
					t.Errorf("in %s of %d columns: %q", name, width, got)
				}
			}
		}
	}
}

// Long values are told apart at every byte.
func TestLongValues(t *testing.T) {
	rnd := rand.New(rand.NewPCG(5, 6))
	one := make([]byte, 1500)
	for i := range one {
		one[i] = byte('a' + rnd.IntN(3))
	}
	two := append(bytes.Clone(one[:1000]), "xyz"...)
	m := mask.New(one, two)
	for at := range one {
		text := bytes.Clone(one)
		text[at] = '.'
		want := string(text)
		if got := string(m.Mask(text)); got != want {
			t.Fatalf("with byte %d changed it is masked as %q", at, got)
		}
	}
	text := bytes.Join([][]byte{one[:1400], one, two, two[:1001], two}, []byte(" "))
	want := strings.Join([]string{string(one[:1400]), "*****", "*****", string(two[:1001]), "*****"}, " ")
	if got := string(m.Mask(text)); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// Text that cannot begin a value has to appear at once: a user may be waiting
// for it.
func TestWriterIsPrompt(t *testing.T) {
	var b bytes.Buffer
	w := masker("hunter2", "hunter22").Writer(&b)
	for _, step := range []struct{ write, want string }{
		{"Password: ", "Password: "},
		{"hun", "Password: "},
		{"dred\n", "Password: hundred\n"},
		{"hunter", "Password: hundred\n"},
		{"22", "Password: hundred\n*****"},
		{" hunter2", "Password: hundred\n***** "},
		{"!", "Password: hundred\n***** *****!"},
		{"hunt", "Password: hundred\n***** *****!"},
	} {
		if _, err := w.Write([]byte(step.write)); err != nil {
			t.Fatal(err)
		}
		if b.String() != step.want {
			t.Fatalf("after %q there is %q, want %q", step.write, b.String(), step.want)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if want := "Password: hundred\n***** *****!hunt"; b.String() != want {
		t.Fatalf("after Close there is %q, want %q", b.String(), want)
	}
}

// A line appears at once, though its end looks like the beginning of a value in
// hexadecimal or base64 that goes on in another line.
func TestLinesArePrompt(t *testing.T) {
	m := masker("0123456789", "hunter2")
	for _, line := range []string{"port 8430\n", "page 30\n", "data\n", "aHV\n", "listening on 30\r\n"} {
		var b bytes.Buffer
		if _, err := m.Writer(&b).Write([]byte(line)); err != nil || b.String() != line {
			t.Errorf("of %q there is %q (%v)", line, b.String(), err)
		}
	}
}

// slowMask is the definition for values of letters and digits: every byte of every
// occurrence goes, and occurrences that overlap go together.
func slowMask(values []string, text string) string {
	masked := make([]bool, len(text))
	joined := make([]bool, len(text)+1) // with the byte before
	mark := func(from, to int) {
		for i := from; i < to; i++ {
			masked[i] = true
			joined[i] = joined[i] || i > from
		}
	}
	for _, v := range values {
		if len(v) < mask.MinLength {
			continue
		}
		for i := range text {
			mark(i, i+slowMatch(text[i:], v, "", ""))
			mark(i, i+slowMatch(strings.ToLower(text[i:]), hex.EncodeToString([]byte(v)), " ", "\r\n\t "))
			inBase64 := strings.NewReplacer("-", "+", "_", "/").Replace(text[i:])
			whole := base64.StdEncoding.EncodeToString([]byte(v))
			mark(i, i+slowMatch(inBase64, whole, "", "\r\n\t "))
			mark(i, i+slowMatch(inBase64, strings.TrimRight(whole, "="), "", "\r\n\t "))
			for before := range 3 {
				amid := base64.RawStdEncoding.EncodeToString([]byte("xxx"[:before] + v))
				amid = amid[(before*8+5)/6 : (before+len(v))*8/6]
				mark(i, i+slowMatch(inBase64, amid, "", "\r\n\t "))
			}
		}
	}
	var b strings.Builder
	for i := range len(text) {
		switch {
		case !masked[i]:
			b.WriteByte(text[i])
		case !joined[i]:
			b.WriteString("*****")
		}
	}
	return b.String()
}

// slowMatch returns how much of the text is the form, or 0. Between its letters the text
// may have other characters: those in early, and behind four letters those in late.
func slowMatch(text, form, early, late string) int {
	letters := 0
	for i := range len(text) {
		switch {
		case text[i] == form[letters]:
			if letters++; letters == len(form) {
				return i + 1
			}
		case letters > 0 && letters < 4 && strings.IndexByte(early, text[i]) >= 0:
		case letters >= 4 && strings.IndexByte(late, text[i]) >= 0:
		default:
			return 0
		}
	}
	return 0
}

// checkChunks masks text whole and in random pieces.
func checkChunks(t *testing.T, values []string, text string, rnd *rand.Rand) string {
	t.Helper()
	m := masker(values...)
	whole := string(m.Mask([]byte(text)))
	var b bytes.Buffer
	w := m.Writer(&b)
	for rest := text; rest != ""; {
		n := min(len(rest), 1+rnd.IntN(1+rnd.IntN(9)))
		if _, err := w.Write([]byte(rest[:n])); err != nil {
			t.Fatal(err)
		}
		rest = rest[n:]
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if b.String() != whole {
		t.Fatalf("values %q, text %q: in pieces %q, whole %q", values, text, b.String(), whole)
	}
	for _, v := range values {
		if len(v) >= mask.MinLength && !strings.Contains(v, "*") && strings.Contains(whole, v) {
			t.Fatalf("values %q, text %q: %q is left in %q", values, text, v, whole)
		}
	}
	return whole
}

func TestMaskIsItsDefinition(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	// Two letters, so that values overlap in every way. In none of the escaped
	// forms do they change, and base64 has letters that are not among them.
	letters := func(n int) string {
		b := make([]byte, n)
		for i := range b {
			b[i] = "ab"[rnd.IntN(2)]
		}
		return string(b)
	}
	masked, rounds := 0, 20_000
	if testing.Short() {
		rounds = 2_000
	}
	for range rounds {
		var values []string
		for range 1 + rnd.IntN(4) {
			values = append(values, letters(2+rnd.IntN(8)))
		}
		text := letters(rnd.IntN(60))
		got := checkChunks(t, values, text, rnd)
		if want := slowMask(values, text); got != want {
			t.Fatalf("values %q, text %q: got %q, want %q", values, text, got, want)
		}
		if got != text {
			masked++
		}
	}
	if masked < rounds/4 {
		t.Errorf("only %d texts held a value", masked)
	}
}

func TestEncodedIsItsDefinition(t *testing.T) {
	rnd := rand.New(rand.NewPCG(3, 4))
	const letters = "ab01"
	random := func(letters string, n int) string {
		b := make([]byte, n)
		for i := range b {
			b[i] = letters[rnd.IntN(len(letters))]
		}
		return string(b)
	}
	masked, rounds := 0, 20_000
	if testing.Short() {
		rounds = 2_000
	}
	for range rounds {
		var values []string
		for range 1 + rnd.IntN(3) {
			values = append(values, random(letters, 4+rnd.IntN(20)))
		}
		var text string
		for range 1 + rnd.IntN(4) {
			v := values[rnd.IntN(len(values))]
			around := random(letters, rnd.IntN(3)) + v + random(letters, rnd.IntN(3))
			form := []string{
				around, hex.EncodeToString([]byte(v)), strings.ToUpper(hex.EncodeToString([]byte(v))),
				base64.StdEncoding.EncodeToString([]byte(around)), base64.RawURLEncoding.EncodeToString([]byte(around)),
			}[rnd.IntN(5)]
			form = form[rnd.IntN(1+rnd.IntN(3)) : len(form)-rnd.IntN(1+rnd.IntN(3))]
			width := 1 + rnd.IntN(40)
			for part := range slices.Chunk([]byte(form), width) {
				text += string(part) + []string{"", " ", "\n", "\r\n  ", "  "}[rnd.IntN(5)]
			}
			text += random("a6Y \n.", rnd.IntN(3))
		}
		got := checkChunks(t, values, text, rnd)
		if want := slowMask(values, text); got != want {
			t.Fatalf("values %q, text %q: got %q, want %q", values, text, got, want)
		}
		if got != text {
			masked++
		}
	}
	if masked < rounds/4 {
		t.Errorf("only %d texts held a value", masked)
	}
}

// A value and a text made to be slow, written byte by byte.
func TestMaskIsLinear(t *testing.T) {
	value := append(bytes.Repeat([]byte("a"), 200_000), 'b')
	text := bytes.Repeat([]byte("a"), 2_000_000)
	started := time.Now()
	var b bytes.Buffer
	w := mask.New(value).Writer(&b)
	for i := range text {
		if _, err := w.Write(text[i : i+1]); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(b.Bytes(), text) {
		t.Error("the text came out changed")
	}
	// Anything quadratic takes minutes.
	if took := time.Since(started); took > time.Minute {
		t.Errorf("took %v", took)
	}
}

func TestShortLinesAreNotMasked(t *testing.T) {
	m := masker("{\n  \"a\": 1,\n  \"token\": \"x1y2z3\"\n}\n")
	if got, want := string(m.Mask([]byte("}\n\"a\": 1,\n\"token\": \"x1y2z3\"\n"))), "}\n\"a\": 1,\n*****\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func FuzzMask(f *testing.F) {
	f.Add("hunter2", "hunter22", "login hunter2 and hunter22", uint64(1))
	f.Add("p@ss\n", "\x00\xff\xfe\xfd", "p%40ss AP/+/Q== p@ss", uint64(2))
	f.Add("hunter2", "longer value", "68 75 6e 74\n65 72 32 bG9uZ2Vy\n  IHZhbHVl", uint64(4))
	f.Add("aaaa", "aaab", "aaaaaab", uint64(3))
	f.Fuzz(func(t *testing.T, one, two, text string, seed uint64) {
		rnd := rand.New(rand.NewPCG(seed, 0))
		checkChunks(t, []string{one, two}, text, rnd)
		checkChunks(t, []string{one, two}, text+one+two[:len(two)/2]+one+text+two, rnd)
	})
}

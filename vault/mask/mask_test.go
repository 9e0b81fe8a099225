package mask_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"math/rand/v2"
	"net/url"
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

func TestForms(t *testing.T) {
	for _, value := range []string{"p@ss w/rd?&<é>", "tab\tquote\" back\\slash\n", "\xfb\xff\xbf~~~", "smile 😀 here"} {
		inJSON, err := json.Marshal(map[string]string{"v": value})
		if err != nil {
			t.Fatal(err)
		}
		escaped := strings.TrimSuffix(strings.TrimPrefix(string(inJSON), `{"v":"`), `"}`)
		forms := map[string]string{
			"base64":                  base64.StdEncoding.EncodeToString([]byte(value)),
			"base64 without padding":  base64.RawStdEncoding.EncodeToString([]byte(value)),
			"base64 for URLs":         base64.URLEncoding.EncodeToString([]byte(value)),
			"base64 for URLs, no pad": base64.RawURLEncoding.EncodeToString([]byte(value)),
			"query":                   url.QueryEscape(value),
			"path":                    url.PathEscape(value),
			"connection string":       strings.TrimPrefix(url.UserPassword("u", value).String(), "u:"),
		}
		if !strings.Contains(escaped, `\ufffd`) { // what is no UTF-8 is lost in JSON
			forms["JSON"] = escaped
		}
		for name, form := range forms {
			if got := masker(value).Mask([]byte("<" + form + ">")); string(got) != "<*****>" {
				t.Errorf("%q as %s: %q was masked as %q", value, name, form, got)
			}
		}
	}
	// As json.dumps of Python writes it.
	if got := masker("pässwort 😀").Mask([]byte(`"p\u00e4sswort \ud83d\ude00"`)); string(got) != `"*****"` {
		t.Errorf("ASCII JSON was masked as %q", got)
	}
}

// Whatever may not begin a value has to appear at once: somebody may be waiting
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

// slowMask is the definition: every byte of every occurrence goes, and what
// overlaps goes together.
func slowMask(values []string, text string) string {
	masked := make([]bool, len(text))
	joined := make([]bool, len(text)+1) // with the byte before
	for _, v := range values {
		for i := 0; len(v) >= mask.MinLength && i+len(v) <= len(text); i++ {
			if text[i:i+len(v)] != v {
				continue
			}
			for j := range len(v) {
				masked[i+j] = true
				joined[i+j] = joined[i+j] || j > 0
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
	masked := 0
	for range 20_000 {
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
	if masked < 5_000 {
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
	if took := time.Since(started); took > 10*time.Second {
		t.Errorf("took %v", took)
	}
}

func FuzzMask(f *testing.F) {
	f.Add("hunter2", "hunter22", "login hunter2 and hunter22", uint64(1))
	f.Add("p@ss\n", "\x00\xff\xfe\xfd", "p%40ss AP/+/Q== p@ss", uint64(2))
	f.Add("aaaa", "aaab", "aaaaaab", uint64(3))
	f.Fuzz(func(t *testing.T, one, two, text string, seed uint64) {
		rnd := rand.New(rand.NewPCG(seed, 0))
		checkChunks(t, []string{one, two}, text, rnd)
		checkChunks(t, []string{one, two}, text+one+two[:len(two)/2]+one+text+two, rnd)
	})
}

func BenchmarkMask(b *testing.B) {
	m := masker("hunter2", "correct horse battery staple", strings.Repeat("long ", 100))
	text := []byte(strings.Repeat("2026-11-23 12:00:00 GET /index.html 200 hunted hunter2\n", 20_000))
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		m.Mask(text)
	}
}

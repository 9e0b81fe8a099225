package password_test

import (
	"crypto/rand"
	"errors"
	"math"
	"strings"
	"testing"

	"example.org/secret/vault/password"
)

const (
	lower = "abcdefghijklmnopqrstuvwxyz"
	upper = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	digit = "0123456789"
	punct = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"
)

func TestGenerate(t *testing.T) {
	for name, test := range map[string]struct {
		rules   password.Rules
		length  int
		allowed string
		each    []string // of each of these at least one character
	}{
		"the default": {password.Rules{}, 32, lower + upper + digit + punct, []string{lower, upper, digit, punct}},
		"shortest": {
			password.Rules{Length: 4},
			4, lower + upper + digit + punct,
			[]string{lower, upper, digit, punct},
		},
		"longest": {
			password.Rules{Length: 4096},
			4096, lower + upper + digit + punct,
			[]string{lower, upper, digit, punct},
		},
		"digits": {password.Rules{
			Length: 6, ExcludeLowercase: true, ExcludeUppercase: true,
			ExcludePunctuation: true,
		}, 6, digit, nil},
		"no punctuation": {
			password.Rules{Length: 3, ExcludePunctuation: true},
			3, lower + upper + digit,
			[]string{lower, upper, digit},
		},
		"excluded ones": {password.Rules{Length: 500, ExcludeCharacters: "/@\"'\\:aZ9"}, 500, strings.Trim(lower, "a") +
			strings.Trim(upper, "Z") + strings.Trim(digit, "9") + "!#$%&()*+,-.;<=>?[]^_`{|}~", nil},
		"space": {
			password.Rules{Length: 4096, IncludeSpace: true},
			4096, lower + upper + digit + punct + " ",
			[]string{" "},
		},
		"space excluded": {password.Rules{Length: 2000, IncludeSpace: true, ExcludeCharacters: " "}, 2000, lower + upper +
			digit + punct, nil},
		"one character": {password.Rules{Length: 1, AllowMissingTypes: true}, 1, lower + upper + digit + punct, nil},
		"only space": {password.Rules{
			Length: 5, IncludeSpace: true, ExcludeLowercase: true, ExcludeUppercase: true,
			ExcludeNumbers: true, ExcludePunctuation: true,
		}, 5, " ", nil},
		"an emptied type": {password.Rules{Length: 40, ExcludeCharacters: digit, AllowMissingTypes: true}, 40, lower +
			upper + punct, nil},
		"one letter left": {password.Rules{
			Length: 2, ExcludeNumbers: true, ExcludePunctuation: true,
			ExcludeCharacters: lower[1:] + upper[1:],
		}, 2, "aA", []string{"a", "A"}},
		"outside of ASCII": {password.Rules{ExcludeCharacters: "é\xff"}, 32, lower + upper + digit + punct, nil},
	} {
		t.Run(name, func(t *testing.T) {
			for range 50 {
				p, err := password.Generate(rand.Reader, test.rules)
				if err != nil {
					t.Fatal(err)
				}
				if len(p) != test.length || strings.Trim(p, test.allowed) != "" {
					t.Fatalf("%d characters %.60q; beyond what is allowed: %.20q", len(p), p, strings.Trim(p, test.allowed))
				}
				for _, characters := range test.each {
					if !strings.ContainsAny(p, characters) {
						t.Fatalf("%.60q has none of %.10q", p, characters)
					}
				}
			}
		})
	}
}

// The three errors that AWS answers with, and the bounds of the length.
func TestImpossibleRules(t *testing.T) {
	all := password.Rules{ExcludeLowercase: true, ExcludeUppercase: true, ExcludeNumbers: true, ExcludePunctuation: true}
	for name, test := range map[string]struct {
		rules password.Rules
		text  string
	}{
		"a required type excluded": {password.Rules{ExcludeCharacters: digit}, "required type"},
		"too short for all types":  {password.Rules{Length: 3}, "too few"},
		"too short for two types":  {password.Rules{Length: 1, ExcludeNumbers: true, ExcludePunctuation: true}, "too few"},
		"nothing left":             {all, "all characters are excluded"},
		"nothing left, not asked": {password.Rules{AllowMissingTypes: true, ExcludeCharacters: lower + upper + digit +
			punct}, "all characters are excluded"},
		"space is no way out": {password.Rules{IncludeSpace: true, ExcludeCharacters: punct}, "required type"},
		"negative":            {password.Rules{Length: -1}, "1 to 4096"},
		"too long":            {password.Rules{Length: 4097}, "1 to 4096"},
	} {
		t.Run(name, func(t *testing.T) {
			p, err := password.Generate(rand.Reader, test.rules)
			if !errors.Is(err, password.ErrRules) || !strings.Contains(err.Error(), test.text) || p != "" {
				t.Errorf("%q, %v; want %q", p, err, test.text)
			}
		})
	}
}

// A bias would show here long before it weakened a password. The bound on
// chi-squared is passed by chance once in about ten million runs.
func TestUniform(t *testing.T) {
	for name, rules := range map[string]password.Rules{
		"all types": {Length: 4096},
		"letters":   {Length: 4096, ExcludeNumbers: true, ExcludePunctuation: true},
		"10 digits": {Length: 4096, ExcludeLowercase: true, ExcludeUppercase: true, ExcludePunctuation: true},
	} {
		t.Run(name, func(t *testing.T) {
			counts := map[rune]float64{}
			total := 0.0
			for range 50 {
				p, err := password.Generate(rand.Reader, rules)
				if err != nil {
					t.Fatal(err)
				}
				for _, c := range p {
					counts[c]++
					total++
				}
			}
			expected, chi := total/float64(len(counts)), 0.0
			for _, n := range counts {
				chi += (n - expected) * (n - expected) / expected
			}
			// Wilson and Hilferty's approximation at 5.2 standard deviations.
			df := float64(len(counts) - 1)
			if bound := df * math.Pow(1-2/(9*df)+5.2*math.Sqrt(2/(9*df)), 3); chi > bound {
				t.Errorf("chi-squared %.1f over %d characters, want less than %.1f", chi, len(counts), bound)
			}
		})
	}
}

// Short passwords with one of each type are where mending instead of drawing
// again would show: all 24 orders of the types have to be about as frequent.
func TestUniformOrderOfTypes(t *testing.T) {
	counts := map[string]int{}
	const draws = 4800
	for range draws {
		p, err := password.Generate(rand.Reader, password.Rules{Length: 4})
		if err != nil {
			t.Fatal(err)
		}
		counts[strings.Map(typeOf, p)]++
	}
	if len(counts) != 24 {
		t.Fatalf("%d orders, want 24", len(counts))
	}
	for order, n := range counts {
		if n < 100 || n > 320 {
			t.Errorf("%s came up %d times, want about %d", order, n, draws/24)
		}
	}
}

func typeOf(c rune) rune {
	switch {
	case strings.ContainsRune(lower, c):
		return 'a'
	case strings.ContainsRune(upper, c):
		return 'A'
	case strings.ContainsRune(digit, c):
		return '0'
	}
	return '!'
}

func TestWords(t *testing.T) {
	for _, count := range []int{3, 6, 64} {
		p, err := password.Words(rand.Reader, count)
		if err != nil {
			t.Fatal(err)
		}
		again, err := password.Words(rand.Reader, count)
		if err != nil {
			t.Fatal(err)
		}
		// Four words of the list have a hyphen themselves.
		if words := strings.Split(p, "-"); len(words) < count || p == again || strings.Trim(p, lower+"-") != "" {
			t.Errorf("%d words: %q, then %q", count, p, again)
		}
	}
	for _, count := range []int{-1, 0, 2, 65} {
		if p, err := password.Words(rand.Reader, count); !errors.Is(err, password.ErrRules) || p != "" {
			t.Errorf("%d words: %q, %v", count, p, err)
		}
	}
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, errBroken }

var errBroken = errors.New("broken")

func TestWithoutRandomness(t *testing.T) {
	if p, err := password.Generate(failing{}, password.Rules{}); !errors.Is(err, errBroken) || p != "" {
		t.Errorf("%q, %v", p, err)
	}
	if p, err := password.Words(failing{}, 6); err == nil || p != "" {
		t.Errorf("%q, %v", p, err)
	}
}

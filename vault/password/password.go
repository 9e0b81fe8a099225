// Package password makes passwords and passphrases by rule.
package password

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/sethvargo/go-diceware/diceware"
)

// The character types and lengths of AWS GetRandomPassword.
const (
	lowercase   = "abcdefghijklmnopqrstuvwxyz"
	uppercase   = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	numbers     = "0123456789"
	punctuation = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"

	// DefaultLength is the length of a password whose rules name none.
	DefaultLength = 32
	// MaxLength is the longest password, as AWS GetRandomPassword has it.
	MaxLength = 4096

	minWords = 3
	maxWords = 64
)

// ErrRules is returned for rules that no password can follow.
var ErrRules = errors.New("no such password")

// ErrTypeExcluded and ErrTooShort are kinds of ErrRules.
var (
	// ErrTypeExcluded means that no character of a required type is left.
	ErrTypeExcluded = fmt.Errorf("%w: a required type is excluded", ErrRules)
	// ErrTooShort means that the length is below the number of required types.
	ErrTooShort = fmt.Errorf("%w: too short", ErrRules)
)

// rulesError is an error of one kind with its own text.
type rulesError struct {
	kind error
	text string
}

func (e *rulesError) Error() string { return e.text }
func (e *rulesError) Unwrap() error { return e.kind }

// Rules are the make-up of a password. They are the parameters of AWS Secrets
// Manager's GetRandomPassword; the zero value is its default: 32 characters, at
// least one of each type.
type Rules struct {
	Length             int    `json:"length,omitempty"` // 1 to 4096; 0 stands for the default
	ExcludeCharacters  string `json:"exclude_characters,omitempty"`
	ExcludeLowercase   bool   `json:"exclude_lowercase,omitempty"`
	ExcludeUppercase   bool   `json:"exclude_uppercase,omitempty"`
	ExcludeNumbers     bool   `json:"exclude_numbers,omitempty"`
	ExcludePunctuation bool   `json:"exclude_punctuation,omitempty"`
	IncludeSpace       bool   `json:"include_space,omitempty"`
	AllowMissingTypes  bool   `json:"allow_missing_types,omitempty"` // not each type has to occur
}

// Generate makes a password from rand, which must be cryptographically secure.
// All passwords that follow the rules are equally likely. The error is
// [ErrRules] or that of rand.
func Generate(rand io.Reader, rules Rules) (string, error) {
	length := rules.Length
	if length == 0 {
		length = DefaultLength
	}
	if length < 1 || length > MaxLength {
		return "", fmt.Errorf("%w: the length has to be 1 to %d, not %d", ErrRules, MaxLength, length)
	}
	types, err := rules.types()
	if err != nil {
		return "", err
	}
	if !rules.AllowMissingTypes && length < len(types) {
		return "", &rulesError{ErrTooShort, fmt.Sprintf("%v: %d characters are too few for one of each of %d types", ErrRules,
			length, len(types))}
	}
	alphabet := strings.Join(types, "")
	if rules.IncludeSpace && !strings.Contains(rules.ExcludeCharacters, " ") {
		alphabet += " "
	}
	if alphabet == "" {
		return "", fmt.Errorf("%w: all characters are excluded", ErrRules)
	}
	for {
		candidate, err := draw(rand, alphabet, length)
		if err != nil {
			return "", err
		}
		// Trying again, unlike mending, leaves all passwords equally likely.
		if rules.AllowMissingTypes || hasEach(candidate, types) {
			return candidate, nil
		}
	}
}

// types returns the characters of each type that a password is to have.
func (r Rules) types() ([]string, error) {
	var types []string
	for _, t := range []struct {
		excluded   bool
		characters string
	}{
		{r.ExcludeLowercase, lowercase},
		{r.ExcludeUppercase, uppercase},
		{r.ExcludeNumbers, numbers},
		{r.ExcludePunctuation, punctuation},
	} {
		if t.excluded {
			continue
		}
		left := strings.Map(func(c rune) rune {
			if strings.ContainsRune(r.ExcludeCharacters, c) {
				return -1
			}
			return c
		}, t.characters)
		if left != "" {
			types = append(types, left)
		} else if !r.AllowMissingTypes {
			return nil, &rulesError{ErrTypeExcluded, fmt.Sprintf("%v: all characters of a required type (%.5s…) are excluded",
				ErrRules, t.characters)}
		}
	}
	return types, nil
}

func hasEach(s string, types []string) bool {
	for _, characters := range types {
		if !strings.ContainsAny(s, characters) {
			return false
		}
	}
	return true
}

// draw picks length characters. Bytes beyond the largest multiple of the
// alphabet's size are passed over, or its first characters would come up more
// often.
func draw(rand io.Reader, alphabet string, length int) (string, error) {
	limit := 256 - 256%len(alphabet)
	password := make([]byte, 0, length)
	random := make([]byte, length)
	for {
		if _, err := io.ReadFull(rand, random); err != nil {
			return "", fmt.Errorf("reading randomness: %w", err)
		}
		for _, b := range random {
			if int(b) >= limit {
				continue
			}
			password = append(password, alphabet[int(b)%len(alphabet)])
			if len(password) == length {
				return string(password), nil
			}
		}
	}
}

// Words makes a passphrase of count words of the EFF's long list, 12.9 bits
// each, with hyphens between them. The error is [ErrRules] or that of rand.
func Words(rand io.Reader, count int) (string, error) {
	if count < minWords || count > maxWords {
		return "", fmt.Errorf("%w: a passphrase has %d to %d words, not %d", ErrRules, minWords, maxWords, count)
	}
	generator, err := diceware.NewGenerator(&diceware.GeneratorInput{RandReader: rand})
	if err != nil {
		return "", fmt.Errorf("making a passphrase: %w", err)
	}
	words, err := generator.Generate(count)
	if err != nil {
		return "", fmt.Errorf("making a passphrase: %w", err)
	}
	return strings.Join(words, "-"), nil
}

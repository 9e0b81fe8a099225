package endpoint

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"sync"

	"example.org/secret/vault"
)

func compare(a, b string) int { return cmp.Compare(a, b) }

// filter is a filter of a listing. One of its values has to match; with an exclamation mark before it, it must not.
type filter struct {
	Key    string   `check:"required,enum=description|name|tag-key|tag-value|primary-region|owning-service|all"`
	Values []string `check:"required,min=1,max=10" item:"max=512,pattern=filter"`
}

func (f filter) matches(meta vault.Meta) bool {
	texts, matches := f.texts(meta)
	return slices.ContainsFunc(f.Values, func(value string) bool {
		value, negated := strings.CutPrefix(value, "!")
		return negated != slices.ContainsFunc(texts, func(text string) bool { return matches(text, value) })
	})
}

// texts returns the texts of a secret that the filter looks at, and how it compares them with a value. No secret has a
// primary region or an owning service.
func (f filter) texts(meta vault.Meta) ([]string, func(text, value string) bool) {
	var keys, values []string
	for key, value := range meta.Tags {
		keys, values = append(keys, key), append(values, value)
	}
	switch f.Key {
	case "name":
		return []string{string(meta.Name)}, strings.HasPrefix
	case "tag-key":
		return keys, strings.HasPrefix
	case "tag-value":
		return values, strings.HasPrefix
	case "description":
		return []string{meta.Description}, hasWords
	case "all":
		return slices.Concat([]string{string(meta.Name), meta.Description}, keys, values), hasWords
	}
	return nil, strings.HasPrefix
}

// hasWords reports whether each word of value begins a word of text. Case does not matter.
func hasWords(text, value string) bool {
	words := splitWords(text)
	wanted := splitWords(value)
	return len(wanted) > 0 && !slices.ContainsFunc(wanted, func(wanted string) bool {
		return !slices.ContainsFunc(words, func(word string) bool { return strings.HasPrefix(word, wanted) })
	})
}

// wordStart matches a word of AWS's filters, which begins at a character that is not a lower-case letter.
var wordStart = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`[^a-z][a-z]+`) })

// splitWords splits a text into words as AWS was seen to do: at a separator, if the text has separators of one kind
// only, and where lower-case letters begin. The words are in lower case.
func splitWords(text string) []string {
	parts := []string{text}
	for _, separator := range "/-_+=.@" {
		if strings.ContainsRune(text, separator) &&
			!strings.ContainsAny(text, strings.ReplaceAll("/-_+=.@", string(separator), "")) {
			parts = strings.Split(text, string(separator))
		}
	}
	if len(parts) == 1 && strings.ContainsAny(text, "/-_+=.@") {
		return []string{strings.ToLower(text)} // separators of several kinds
	}
	var words []string
	for _, part := range parts {
		at := 0
		for _, word := range wordStart().FindAllStringIndex(part, -1) {
			words = append(words, part[at:word[0]], part[word[0]:word[1]])
			at = word[1]
		}
		words = append(words, part[at:])
	}
	for i := range words {
		words[i] = strings.ToLower(strings.TrimSpace(words[i]))
	}
	return slices.DeleteFunc(words, func(word string) bool { return word == "" })
}

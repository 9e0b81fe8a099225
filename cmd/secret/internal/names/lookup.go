// Package names looks up, matches and draws the names of secrets.
package names

import (
	"slices"
	"strings"

	"example.org/secret/vault"
	"example.org/secret/vault/exchange"
)

// ByTitle returns the name of the secret with the given title. The error is that of [vault.ParseName] if there is none.
func ByTitle(v *vault.Vault, title string) (vault.Name, error) {
	listing, err := v.List()
	if err != nil {
		return "", err
	}
	var found []string
	for _, s := range listing.Secrets {
		if !s.Deleted && s.Tags()[exchange.TitleTag] == title {
			found = append(found, string(s.Name))
		}
	}
	switch len(found) {
	case 0:
		_, err := vault.ParseName(title)
		return "", err
	case 1:
		return vault.Name(found[0]), nil
	}
	return "", vault.Errorf(vault.ErrInvalid, "the title %q is that of %s; name one of them", title,
		strings.Join(found, " and "))
}

// MayBeTitle reports whether a text may be a title. Import keeps a title if the name lacks letters of it.
func MayBeTitle(text string) bool {
	return !exchange.KeepsLetters(text) && !strings.HasPrefix(text, vault.ReferenceScheme)
}

const (
	maxSuggestions = 3
	maxDistance    = 2 // letters, and at most one in three
)

// Near returns the names that differ little from one that does not exist, the nearest first.
func Near(v *vault.Vault, name vault.Name) []string {
	listing, err := v.List()
	if err != nil {
		return nil
	}
	wanted := strings.ToLower(string(name))
	most := min(maxDistance, len(wanted)/3)
	away := func(other string) int { return distance(wanted, strings.ToLower(other), most) }
	var near []string
	for _, s := range listing.Secrets {
		if !s.Deleted && away(string(s.Name)) <= most {
			near = append(near, string(s.Name))
		}
	}
	slices.SortStableFunc(near, func(a, b string) int { return away(a) - away(b) })
	return near[:min(len(near), maxSuggestions)]
}

// distance returns the least number of letters to insert, delete or replace that makes b of a (Levenshtein's distance),
// or a larger number than most if it is above most.
func distance(a, b string, most int) int {
	if len(a)-len(b) > most || len(b)-len(a) > most {
		return most + 1
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal, least := row[0], i+1
		row[0] = i + 1
		for j := range len(b) {
			replaced := diagonal
			if a[i] != b[j] {
				replaced++
			}
			diagonal = row[j+1]
			row[j+1] = min(replaced, row[j]+1, row[j+1]+1)
			least = min(least, row[j+1])
		}
		if least > most {
			return most + 1
		}
	}
	return row[len(b)]
}

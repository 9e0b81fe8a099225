package main

import (
	"slices"
	"strings"

	"example.org/secret/vault"
	"example.org/secret/vault/exchange"
)

// titleTag is the tag in which import keeps a name that a secret cannot have.
const titleTag = "title"

// byTitle returns the name of the secret with the given title. The error is that of
// [vault.ParseName] if there is none.
func byTitle(v *vault.Vault, title string) (vault.Name, error) {
	listing, err := v.List()
	if err != nil {
		return "", err
	}
	var found []string
	for _, s := range listing.Secrets {
		if !s.Deleted && s.Tags()[titleTag] == title {
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
	return "", usagef("the title %q is that of %s; name one of them", title, strings.Join(found, " and "))
}

// isTitle reports whether a text may be a title. Import keeps one where letters are lost.
func isTitle(text string) bool {
	return !exchange.KeepsLetters(text) && !strings.HasPrefix(text, vault.ReferenceScheme)
}

const (
	maxSuggestions = 3
	maxDistance    = 2 // letters that are missing, too many or wrong, and at most one in three
)

// nearNames returns the names that may be meant by one that is not there.
func nearNames(v *vault.Vault, name vault.Name) []string {
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

// distance returns how many letters have to be put in, taken out or replaced to make b of
// a (Levenshtein), or a number above most if it is more than that.
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

// openNamed opens the vault for the secret that an argument names.
func (a *app) openNamed(nameArg string) (*vault.Vault, vault.Name, error) {
	name, err := vault.ParseName(nameArg)
	if err != nil && !isTitle(nameArg) {
		return nil, "", err
	}
	v, openErr := a.openVault()
	if openErr != nil {
		return nil, "", openErr
	}
	if err != nil {
		name, err = byTitle(v, nameArg)
	}
	return v, name, err
}

// getSecret reads the secret that an argument names.
func (a *app) getSecret(nameArg string) (*vault.Secret, error) {
	v, name, err := a.openNamed(nameArg)
	if err != nil {
		return nil, err
	}
	return v.Get(name)
}

// getSecretMeta is getSecret for what needs no values.
func (a *app) getSecretMeta(nameArg string) (*vault.Secret, error) {
	v, name, err := a.openNamed(nameArg)
	if err != nil {
		return nil, err
	}
	return v.GetMeta(name)
}

// updateSecretMeta is updateSecret for a change that needs no values.
func (a *app) updateSecretMeta(nameArg string, change func(*vault.Secret) error) (*vault.Secret, error) {
	v, name, err := a.openNamed(nameArg)
	if err != nil {
		return nil, err
	}
	return v.UpdateMeta(name, change)
}

// updateSecret changes the secret that an argument names.
func (a *app) updateSecret(nameArg string, change func(*vault.Secret) error) (*vault.Secret, error) {
	v, name, err := a.openNamed(nameArg)
	if err != nil {
		return nil, err
	}
	return v.Update(name, change)
}

func parseTwoNames(args []string) (from, to vault.Name, err error) {
	if from, err = vault.ParseName(args[0]); err != nil {
		return "", "", err
	}
	if to, err = vault.ParseName(args[1]); err != nil {
		return "", "", err
	}
	if from == to {
		return "", "", usagef("both names are %q", from)
	}
	return from, to, nil
}

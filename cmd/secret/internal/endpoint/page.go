package endpoint

import (
	"cmp"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"slices"

	"example.org/secret/cmd/secret/internal/endpoint/wire"
)

// position is where an entry stands in a listing.
type position struct {
	Time int64 // in milliseconds, or another number
	Name string
}

func (p position) compare(other position) int {
	return cmp.Or(cmp.Compare(p.Time, other.Time), compare(p.Name, other.Name))
}

// pager returns a listing by pages. The token of a page tells the position at which the page before ended, so that it
// stays right while secrets come and go.
type pager[T any] struct {
	token     *string // of the page; nil for the first
	most      int     // entries of a page; 0 stands for the default
	query     any     // a token serves the query for which it was made
	backwards bool
	position  func(T) position
}

type pageToken struct {
	After position
	Query string // a hash
}

// page returns one page of all, and the token of the next one, which is empty on the last.
func (p pager[T]) page(all []T, most int) ([]T, string, error) {
	if p.most > 0 {
		most = p.most
	}
	compare := func(a, b position) int {
		if p.backwards {
			return b.compare(a)
		}
		return a.compare(b)
	}
	all = slices.Clone(all)
	slices.SortFunc(all, func(a, b T) int { return compare(p.position(a), p.position(b)) })
	query, err := hashOf(p.query)
	if err != nil {
		return nil, "", err
	}
	if p.token != nil {
		var token pageToken
		text, err := base64.RawURLEncoding.DecodeString(*p.token)
		if err == nil {
			err = json.Unmarshal(text, &token)
		}
		if err != nil || token.Query != query {
			return nil, "", wire.Errorf(wire.InvalidNextToken, "The NextToken value is invalid.")
		}
		all = slices.DeleteFunc(all, func(entry T) bool { return compare(p.position(entry), token.After) <= 0 })
	}
	if len(all) <= most {
		return all, "", nil
	}
	text, err := json.Marshal(pageToken{p.position(all[most-1]), query})
	return all[:most], base64.RawURLEncoding.EncodeToString(text), err
}

func hashOf(query any) (string, error) {
	text, err := json.Marshal(query)
	hash := sha256.Sum256(text)
	return hex.EncodeToString(hash[:8]), err
}

package endpoint

import (
	"context"
	"slices"
	"time"

	"example.org/secret/cmd/secret/internal/endpoint/wire"
	"example.org/secret/vault"
)

type listSecretsInput struct {
	IncludePlannedDeletion bool
	MaxResults             int      `check:"min=1,max=100"`
	NextToken              *string  `check:"min=1,max=4096"`
	Filters                []filter `check:"max=10"`
	SortOrder              string   `check:"enum=asc|desc"`
	SortBy                 string   `check:"enum=created-date|last-accessed-date|last-changed-date|name"`
}

type listSecretsOutput struct {
	SecretList []description
	NextToken  string `json:",omitzero"`
}

const maxListed = 100

func listSecrets(_ context.Context, c *call, in listSecretsInput) (*listSecretsOutput, error) {
	found, err := c.list(in.Filters, in.IncludePlannedDeletion)
	if err != nil {
		return nil, err
	}
	// Clients go on with the token of a page and the same input, but may ask for another number of results.
	query := in
	query.MaxResults, query.NextToken = 0, nil
	p := pager[listedSecret]{
		token: in.NextToken, most: in.MaxResults, query: query, backwards: in.SortOrder == "desc",
		position: func(s listedSecret) position {
			return position{c.sortTime(s.meta, in.SortBy).UnixMilli(), string(s.meta.Name)}
		},
	}
	page, next, err := p.page(found, maxListed)
	if err != nil {
		return nil, err
	}
	out := &listSecretsOutput{[]description{}, next}
	for _, s := range page {
		d := c.describe(s.meta, time.Time{})
		d.SecretVersionsToStages = listedStages(s.listed, s.meta)
		out.SecretList = append(out.SecretList, d)
	}
	return out, nil
}

// sortTime returns the time by which a secret is sorted. Secrets of one time are sorted by their names.
func (c *call) sortTime(meta vault.Meta, by string) time.Time {
	switch by {
	case "name":
		return time.UnixMilli(0)
	case "last-accessed-date":
		return c.accesses.Secret(meta.ID)
	case "last-changed-date":
		return meta.Changed
	}
	return meta.Created
}

type listedSecret struct {
	listed vault.Listed
	meta   vault.Meta
}

// list returns the secrets that the client may read and that all filters match.
func (c *call) list(filters []filter, deleted bool) ([]listedSecret, error) {
	for i, f := range filters {
		if len(f.Values) == 0 {
			return nil, wire.Errorf(wire.InvalidParameter, "The filter %d has no values.", i+1)
		}
	}
	listing, err := c.vault.List()
	if err != nil {
		return nil, err
	}
	var found []listedSecret
	for _, listed := range listing.Secrets {
		if !c.mayRead(listed.Name) || (listed.Deleted && !deleted) {
			continue
		}
		meta := listed.Meta()
		if !slices.ContainsFunc(filters, func(f filter) bool { return !f.matches(meta) }) {
			found = append(found, listedSecret{listed, meta})
		}
	}
	return found, nil
}

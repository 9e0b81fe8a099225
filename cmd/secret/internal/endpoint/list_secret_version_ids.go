package endpoint

import (
	"context"
	"slices"

	"example.org/secret/cmd/secret/internal/endpoint/wire"
	"example.org/secret/vault"
)

type listSecretVersionIdsInput struct {
	SecretId          string  `check:"required,min=1,max=2048"`
	MaxResults        int     `check:"min=1,max=100"`
	NextToken         *string `check:"min=1,max=4096"`
	IncludeDeprecated bool
}

type listSecretVersionIdsOutput struct {
	identity
	Versions  []secretVersion
	NextToken string `json:",omitzero"`
}

type secretVersion struct {
	VersionId        string
	VersionStages    []string  `json:",omitzero"`
	LastAccessedDate wire.Time `json:",omitzero"`
	CreatedDate      wire.Time
	KmsKeyIds        []string
}

const maxVersions = 100

// defaultKeyID is the name of AWS for the default key among the keys of a version.
const defaultKeyID = "DefaultEncryptionKey"

func listSecretVersionIds(
	_ context.Context, c *call, in listSecretVersionIdsInput,
) (*listSecretVersionIdsOutput, error) {
	s, err := c.meta(in.SecretId)
	if err != nil {
		return nil, err
	}
	versions := slices.DeleteFunc(slices.Clone(s.Versions), func(v vault.Version) bool {
		return !in.IncludeDeprecated && stages(s, v.Number) == nil
	})
	p := pager[vault.Version]{
		token: in.NextToken, most: in.MaxResults, query: []any{s.ID, in.IncludeDeprecated},
		position: func(v vault.Version) position { return position{Time: int64(v.Number)} },
	}
	page, next, err := p.page(versions, maxVersions)
	if err != nil {
		return nil, err
	}
	key := keyID(s.Meta)
	if key == "" {
		key = defaultKeyID
	}
	out := &listSecretVersionIdsOutput{c.identity(s.Meta), []secretVersion{}, next}
	for _, v := range page {
		out.Versions = append(out.Versions, secretVersion{
			v.ID, stages(s, v.Number), wire.Time(c.accesses.Version(s.ID, v.ID)), wire.Time(v.Created), []string{key},
		})
	}
	return out, nil
}

package endpoint

import (
	"context"
	"errors"

	"example.org/secret/cmd/secret/internal/endpoint/wire"
	"example.org/secret/vault"
)

type batchGetSecretValueInput struct {
	SecretIdList []string `check:"min=1,max=20" item:"min=1,max=2048"`
	Filters      []filter `check:"max=10"`
	MaxResults   int      `check:"min=1,max=20"`
	NextToken    *string  `check:"min=1,max=4096"`
}

type batchGetSecretValueOutput struct {
	SecretValues []*secretValue
	NextToken    string `json:",omitzero"`
	Errors       []batchError
}

type batchError struct {
	SecretId, ErrorCode, Message string
}

const maxBatch = 20

func batchGetSecretValue(_ context.Context, c *call, in batchGetSecretValueInput) (*batchGetSecretValueOutput, error) {
	if (in.SecretIdList == nil) == (in.Filters == nil) {
		return nil, wire.Errorf(wire.InvalidParameter, "Either 'SecretIdList' or 'Filters' must be provided, but not both.")
	}
	out := &batchGetSecretValueOutput{[]*secretValue{}, "", []batchError{}}
	ids := in.SecretIdList
	switch {
	case in.Filters != nil:
		found, err := c.list(in.Filters, false)
		if err != nil {
			return nil, err
		}
		p := pager[listedSecret]{
			token: in.NextToken, most: in.MaxResults, query: in.Filters,
			position: func(s listedSecret) position { return position{s.meta.Created.UnixMilli(), string(s.meta.Name)} },
		}
		page, next, err := p.page(found, maxBatch)
		if err != nil {
			return nil, err
		}
		out.NextToken = next
		for _, s := range page {
			ids = append(ids, string(s.meta.Name))
		}
	case in.MaxResults != 0:
		return nil, wire.Errorf(wire.InvalidParameter,
			"'Filters' not specified. 'Filters' must also be specified when 'MaxResults' is provided.")
	}
	for _, id := range ids {
		value, err := c.handOut(id, nil, nil)
		if errors.Is(err, vault.ErrKeyReplaced) {
			return nil, err
		}
		if err == nil {
			out.SecretValues = append(out.SecretValues, value)
			continue
		}
		failure, ok := errors.AsType[*wire.Error](exception(err))
		if !ok {
			return nil, err
		}
		out.Errors = append(out.Errors, batchError{id, string(failure.Code), failure.Message})
	}
	return out, nil
}

package endpoint

import (
	"context"
	"errors"

	"example.org/secret/cmd/secret/internal/endpoint/wire"
	"example.org/secret/vault/password"
)

type getRandomPasswordInput struct {
	PasswordLength          int    `check:"min=1,max=4096"`
	ExcludeCharacters       string `check:"max=4096"`
	ExcludeNumbers          bool
	ExcludePunctuation      bool
	ExcludeUppercase        bool
	ExcludeLowercase        bool
	IncludeSpace            bool
	RequireEachIncludedType *bool
}

type getRandomPasswordOutput struct {
	RandomPassword string
}

func getRandomPassword(_ context.Context, c *call, in getRandomPasswordInput) (*getRandomPasswordOutput, error) {
	generated, err := password.Generate(c.Rand, password.Rules{
		Length:             in.PasswordLength,
		ExcludeCharacters:  in.ExcludeCharacters,
		ExcludeLowercase:   in.ExcludeLowercase,
		ExcludeUppercase:   in.ExcludeUppercase,
		ExcludeNumbers:     in.ExcludeNumbers,
		ExcludePunctuation: in.ExcludePunctuation,
		IncludeSpace:       in.IncludeSpace,
		AllowMissingTypes:  in.RequireEachIncludedType != nil && !*in.RequireEachIncludedType,
	})
	switch {
	case errors.Is(err, password.ErrTypeExcluded):
		return nil, wire.Errorf(wire.InvalidParameter, "All characters of the desired type have been excluded")
	case errors.Is(err, password.ErrTooShort):
		return nil, wire.Errorf(wire.InvalidParameter, "Password length is too short based on the required types")
	case errors.Is(err, password.ErrRules):
		return nil, wire.Errorf(wire.InvalidParameter, "All characters have been excluded from selection")
	}
	return &getRandomPasswordOutput{generated}, err
}

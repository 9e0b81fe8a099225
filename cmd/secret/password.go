package main

import (
	"example.org/secret/cmd/secret/internal/ruleflags"
	"example.org/secret/vault"
	"example.org/secret/vault/password"

	"github.com/spf13/pflag"
)

// generatePassword makes a password by the user's settings and the flags.
func (a *app) generatePassword(flags *pflag.FlagSet) (vault.Bytes, error) {
	s, err := a.loadSettings()
	if err != nil {
		return nil, err
	}
	rules := s.Password
	ruleflags.Overlay(&rules, flags)
	if flags.Changed("length") && rules.Length == 0 {
		return nil, usagef("the length must be 1 to %d, not 0", password.MaxLength)
	}
	generated, err := password.Generate(a.rand, rules)
	return vault.Bytes(generated), err
}

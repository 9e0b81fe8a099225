package main

import (
	"example.org/secret/cmd/secret/internal/names"
	"example.org/secret/cmd/secret/internal/usage"
	"example.org/secret/vault"
)

// openNamed opens the vault for the secret that an argument names.
func (a *app) openNamed(nameArg string) (*vault.Vault, vault.Name, error) {
	name, err := vault.ParseName(nameArg)
	if err != nil && !names.MayBeTitle(nameArg) {
		return nil, "", err
	}
	v, openErr := a.openVault()
	if openErr != nil {
		return nil, "", openErr
	}
	if err != nil {
		name, err = names.ByTitle(v, nameArg)
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

// getSecretMeta reads the secret that an argument names, without its values.
func (a *app) getSecretMeta(nameArg string) (*vault.Secret, error) {
	v, name, err := a.openNamed(nameArg)
	if err != nil {
		return nil, err
	}
	return v.GetMeta(name)
}

// updateSecretMeta changes the secret that an argument names, without its values.
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

// parseTwoNames parses an old and a new name, which must be different.
func parseTwoNames(args []string) (from, to vault.Name, err error) {
	if from, err = vault.ParseName(args[0]); err != nil {
		return "", "", err
	}
	if to, err = vault.ParseName(args[1]); err != nil {
		return "", "", err
	}
	if from == to {
		return "", "", usage.Errorf("both names are %q", from)
	}
	return from, to, nil
}

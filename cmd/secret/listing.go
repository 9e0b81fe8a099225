package main

import (
	"fmt"
	"slices"

	"example.org/secret/cmd/secret/internal/output"
	"example.org/secret/vault"
)

// listMatching shows the secrets that match. Only then it fails because of files that it cannot read.
func (a *app) listMatching(matches func(vault.Listed) bool, show func([]vault.Listed) error) error {
	v, err := a.openVault()
	if err != nil {
		return err
	}
	listing, err := a.list(v)
	if err != nil {
		return err
	}
	found := slices.DeleteFunc(listing.Secrets, func(s vault.Listed) bool { return !matches(s) })
	if err := show(found); err != nil {
		return err
	}
	return damage(listing)
}

// list lists the vault, and warns of secrets that are older than before.
func (a *app) list(v *vault.Vault) (vault.Listing, error) {
	listing, err := v.List()
	for _, name := range listing.RolledBack {
		a.out.Warnf("%s is older than it was: an earlier copy of its file came back; look at it, and store it anew if "+
			"that is right", name)
	}
	return listing, err
}

// damage returns the error of a listing that lacks files.
func damage(listing vault.Listing) error {
	switch damaged := listing.Damaged; len(damaged) {
	case 0:
		return nil
	case 1:
		return damaged[0]
	default:
		return fmt.Errorf("%s cannot be read, among them: %w", output.Plural(len(damaged), "file"), damaged[0])
	}
}

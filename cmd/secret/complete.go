package main

import (
	"strings"

	"example.org/secret/cmd/secret/internal/candidates"
	"example.org/secret/vault"

	"github.com/spf13/cobra"
)

// Completion never asks the user. It offers nothing if it would have to.

// completeNames offers the names of secrets for the first most arguments.
func (a *app) completeNames(most int) cobra.CompletionFunc {
	return func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
		if len(args) >= most {
			return nil, noFiles
		}
		return a.secretNames(false), noFiles
	}
}

func (a *app) completeDeletedNames(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, noFiles
	}
	return a.secretNames(true), noFiles
}

func (a *app) secretNames(deleted bool) []string {
	v, err := a.openVaultQuietly()
	if err != nil {
		return nil
	}
	listing, err := v.List()
	if err != nil {
		return nil
	}
	return candidates.Names(listing.Secrets, deleted)
}

// completeSecret offers the words that choose returns for the secret in args.
func (a *app) completeSecret(args []string, choose func(*vault.Secret) []string) ([]string, cobra.ShellCompDirective) {
	return a.completeFrom(args, (*vault.Vault).GetMeta, choose)
}

// completeFields is completeSecret with the values of the secret. It offers nothing if their key is not at hand.
func (a *app) completeFields(args []string, choose func(*vault.Secret) []string) ([]string, cobra.ShellCompDirective) {
	return a.completeFrom(args, (*vault.Vault).Get, choose)
}

func (a *app) completeFrom(
	args []string, read func(*vault.Vault, vault.Name) (*vault.Secret, error), choose func(*vault.Secret) []string,
) ([]string, cobra.ShellCompDirective) {
	if len(args) == 0 {
		return nil, noFiles
	}
	ref, err := vault.ParseReference(args[0])
	if err != nil {
		return nil, noFiles
	}
	v, err := a.openVaultQuietly()
	if err != nil {
		return nil, noFiles
	}
	s, err := read(v, ref.Name)
	if err != nil {
		return nil, noFiles
	}
	return choose(s), noFiles
}

func (a *app) completeGet(_ *cobra.Command, args []string, toComplete string) ([]string, cobra.ShellCompDirective) {
	name, _, inField := strings.Cut(toComplete, "#")
	switch {
	case inField:
		return a.completeFields([]string{name}, func(s *vault.Secret) []string {
			fields := candidates.Fields(s)
			for i, field := range fields {
				fields[i] = name + "#" + field
			}
			return fields
		})
	case len(args) == 0 || a.jsonFlag:
		return a.secretNames(false), noFiles
	case len(args) == 1:
		return a.completeFields(args, candidates.Fields)
	}
	return nil, noFiles
}

func (a *app) completeVersions(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	return a.completeSecret(args, candidates.Versions)
}

func (a *app) completeLabels(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	return a.completeSecret(args, candidates.Labels)
}

func (a *app) completeNameAndVersions(
	cmd *cobra.Command, args []string, toComplete string,
) ([]string, cobra.ShellCompDirective) {
	if len(args) == 0 {
		return a.secretNames(false), noFiles
	}
	return a.completeVersions(cmd, args, toComplete)
}

func (a *app) completeLabelArgs(
	cmd *cobra.Command, args []string, toComplete string,
) ([]string, cobra.ShellCompDirective) {
	if len(args) == 1 {
		return a.completeLabels(cmd, args, toComplete)
	}
	return a.completeNameAndVersions(cmd, args, toComplete)
}

func (a *app) completeTags(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(args) == 0 {
		return a.secretNames(false), noFiles
	}
	return a.completeSecret(args, func(s *vault.Secret) []string { return sortedKeys(s.Tags) })
}

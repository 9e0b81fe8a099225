package main

import (
	"example.org/secret/vault"

	"github.com/spf13/cobra"
)

func (a *app) valueKeyNames() []string {
	header, err := a.readHeader()
	if err != nil {
		return nil
	}
	names, _ := header.ValueKeyNames()
	return names
}

func (a *app) completeKeys(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return append(a.valueKeyNames(), vault.MasterKeyName+"\tthe vault's own key"), noFiles
}

// keyChoice is the value of --key: the key of a secret.
type keyChoice struct {
	name  string
	given bool
}

// reach opens the keys that storing a value needs, before the user types the value.
func (k keyChoice) reach(v *vault.Vault, existing *vault.Secret) error {
	if k.given && k.name != vault.MasterKeyName {
		if err := vault.CheckValueKeyName(k.name); err != nil {
			return err
		}
		if err := v.ReachValueKey(k.name); err != nil {
			return err
		}
	}
	if existing == nil || existing.Key == "" {
		return nil
	}
	_, err := v.Get(existing.Name)
	return err
}

func (k keyChoice) applyTo(s *vault.Secret) error {
	switch {
	case !k.given:
		return nil
	case k.name == vault.MasterKeyName:
		return s.SetKey("")
	}
	return s.SetKey(k.name)
}

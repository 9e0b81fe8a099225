package main

import (
	"errors"
	"fmt"

	"example.org/secret/cmd/secret/internal/output"
	"example.org/secret/cmd/secret/internal/usage"
	"example.org/secret/vault"

	"github.com/spf13/cobra"
)

func newKeyDeleteCommand(a *app) *cobra.Command {
	var yes bool
	cmd := &cobra.Command{
		Use:   "delete NAME",
		Short: "Delete a value key for good",
		Long: `Delete a value key for good. You type its name once more to confirm. A key that
secrets are under stays: give those secrets another one first, with secret set
--key, or delete them. Copies and earlier states of the vault that are sealed to
the key can then be read only with a copy of the key.`,
		Example: `  secret key delete payroll
  secret key delete payroll --yes`,
		Args: usage.Args(1, 1),
		ValidArgsFunction: func(cmd *cobra.Command, args []string, toComplete string) ([]string, cobra.ShellCompDirective) {
			if len(args) > 0 {
				return nil, noFiles
			}
			return a.valueKeyNames(), noFiles
		},
		RunE: func(_ *cobra.Command, args []string) error { return a.runKeyDelete(args[0], yes) },
	}
	cmd.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask")
	return cmd
}

func (a *app) runKeyDelete(name string, yes bool) error {
	if err := vault.CheckValueKeyName(name); err != nil {
		return err
	}
	v, err := a.openVault()
	if err != nil {
		return err
	}
	users, err := v.ValueKeyUsers(name)
	if err != nil {
		return fmt.Errorf("cannot look for secrets under the key %s: %w", name, err)
	}
	if users > 0 {
		return usage.Errorf("the key %s is used by %s; secret list --long and --deleted shows them; give them another with: "+
			"secret set NAME --keep-value --key KEY",
			name, output.Plural(users, "secret"))
	}
	if !yes {
		if err := a.confirmKeyDelete(v, name); err != nil {
			return err
		}
	}
	if err := v.DeleteValueKey(name); err != nil {
		return err
	}
	a.out.Sayf("Deleted the key %s for good.\n", name)
	return nil
}

func (a *app) confirmKeyDelete(v *vault.Vault, name string) error {
	// A damaged key may be deleted as well.
	if _, err := v.ValueKey(name); errors.Is(err, vault.ErrNoSuchValueKey) {
		return err
	}
	if !a.stdinIsTerminal {
		return usage.Errorf("the key %s is deleted for good; add --yes where no user can be asked", name)
	}
	return a.confirmByName(
		fmt.Sprintf("Delete the key %s for good? Copies that are sealed to it are lost with it.", name), name)
}

package main

import (
	"errors"
	"fmt"

	"example.org/secret/cmd/secret/internal/prompt"
	"example.org/secret/crypto"
	"example.org/secret/vault"

	"github.com/spf13/cobra"
)

// masterKeyName is what --key calls the vault's own key.
const masterKeyName = "master"

func newKeyNewCommand(a *app) *cobra.Command {
	var passphrase bool
	cmd := &cobra.Command{
		Use:     "new NAME",
		Aliases: []string{"create", "make"},
		Short:   "Make a value key, to put secrets under",
		Long: `Make a value key. The values of a secret that is put under it, with secret set
--key, are sealed to it inside the secret's file: the secret is listed, described
and renamed without that key, and read or given a new value only with it.

The key is in the vault and opens with it, so that nothing is asked for. With
--passphrase it takes a passphrase of its own as well, each time: somebody at your
unlocked machine, or a job of cron, does not get at its secrets. A forgotten
passphrase cannot be replaced.`,
		Example: `  secret key new payroll
  secret key new vip --passphrase
  secret set prod/db --key vip --keep-value`,
		Args:              argCount(1, 1),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE:              func(_ *cobra.Command, args []string) error { return a.runKeyNew(args[0], passphrase) },
	}
	cmd.Flags().BoolVar(&passphrase, "passphrase", false, "behind a passphrase of its own")
	return cmd
}

func (a *app) runKeyNew(name string, passphrase bool) error {
	v, err := a.openVault()
	if err != nil {
		return err
	}
	var seal func(crypto.MasterKey) ([]byte, error)
	if passphrase {
		seal = func(key crypto.MasterKey) ([]byte, error) {
			typed, err := a.newPassphrase()
			if err != nil {
				return nil, err
			}
			return crypto.SealWithPassphrase(typed, passphraseWork, key)
		}
	}
	if err := v.NewValueKey(name, seal); err != nil {
		return err
	}
	a.sayf("Made the key %s; put a secret under it with: secret set NAME --key %s\n", name, name)
	return nil
}

func newKeyDeleteCommand(a *app) *cobra.Command {
	var yes bool
	cmd := &cobra.Command{
		Use:   "delete NAME",
		Short: "Delete a value key for good",
		Long: `Delete a value key for good, after its name was typed once more. A key that a
secret is under stays; give those secrets another one first, with secret set --key,
or delete them. What was sealed to the key in copies and earlier states of the vault
can then only be read with a copy of the key.`,
		Example: `  secret key delete payroll
  secret key delete payroll --yes`,
		Args: argCount(1, 1),
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
		return fmt.Errorf("looking for secrets under the key %s: %w", name, err)
	}
	if users > 0 {
		return usagef("the key %s is used by %s; secret list --long and --deleted shows which; give them another with: secret set NAME --keep-value --key KEY",
			name, plural(users, "secret"))
	}
	if !yes {
		// A damaged key may be deleted as well, but nobody types the name of none.
		if _, err := v.ValueKey(name); errors.Is(err, vault.ErrNoSuchValueKey) {
			return err
		}
		if !a.stdinIsTerminal {
			return usagef("the key %s is deleted for good; add --yes where nobody can be asked", name)
		}
		typed, err := a.prompt.Line(fmt.Sprintf("Delete the key %s for good? Copies of what was sealed to it are lost with it. Type its name:", name))
		if err != nil {
			return err
		}
		if typed != name {
			return usagef("that is not its name; nothing was deleted")
		}
	}
	if err := v.DeleteValueKey(name); err != nil {
		return err
	}
	a.sayf("Deleted the key %s for good.\n", name)
	return nil
}

// askValueKey opens a value key that is behind a passphrase.
func (a *app) askValueKey(name string, sealed []byte) (crypto.MasterKey, error) {
	for range passphraseAttempts {
		typed, err := a.prompt.Hidden("Passphrase for the key " + name)
		if errors.Is(err, prompt.ErrNoTerminal) {
			return crypto.MasterKey{}, noKeyf("the key %s is behind a passphrase, and there is no terminal to ask for it at; run this at one", name)
		}
		if err != nil {
			return crypto.MasterKey{}, err
		}
		key, err := crypto.OpenWithPassphrase(sealed, string(typed))
		if !errors.Is(err, crypto.ErrWrongPassphrase) {
			return key, err
		}
		a.warnf("that passphrase is wrong")
	}
	return crypto.MasterKey{}, noKeyf("wrong passphrase for the key %s", name)
}

// valueKeyJSON is what key list tells of a value key. What it is sealed to is
// not seen without the vault's key.
type valueKeyJSON struct {
	Name   string `json:"name"`
	Sealed string `json:"sealed_to,omitempty"` // vault, passphrase, or damaged
}

// String is the line that a person reads.
func (k valueKeyJSON) String() string {
	about := map[string]string{"vault": ", opens with the vault", "passphrase": ", behind a passphrase of its own", "damaged": ", damaged"}
	return "value key " + k.Name + about[k.Sealed]
}

func (a *app) valueKeys(header *vault.Header) ([]valueKeyJSON, error) {
	keys := []valueKeyJSON{}
	names, err := header.ValueKeyNames()
	if err != nil || len(names) == 0 {
		return keys, err
	}
	v, err := a.openVaultQuietly()
	for _, name := range names {
		line := valueKeyJSON{Name: name}
		if err == nil {
			line.Sealed = sealedTo(v, name)
		}
		keys = append(keys, line)
	}
	return keys, nil
}

func sealedTo(v *vault.Vault, name string) string {
	key, err := v.ValueKey(name)
	switch {
	case errors.Is(err, vault.ErrDamaged):
		return "damaged"
	case err != nil:
		return ""
	case key.Passphrase:
		return "passphrase"
	}
	return "vault"
}

func (a *app) valueKeyNames() []string {
	dir, err := a.vaultDir()
	if err != nil {
		return nil
	}
	header, err := vault.ReadHeader(dir)
	if err != nil {
		return nil
	}
	names, _ := header.ValueKeyNames()
	return names
}

func (a *app) completeKeys(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return append(a.valueKeyNames(), masterKeyName+"\tthe vault's own key"), noFiles
}

// keyChoice is what --key says of the key of a secret.
type keyChoice struct {
	name  string
	given bool
}

// reach gets hold of the keys that storing a value will take, before anybody types
// one.
func (k keyChoice) reach(v *vault.Vault, existing *vault.Secret) error {
	if k.given && k.name != masterKeyName {
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
	case k.name == masterKeyName:
		return s.SetKey("")
	}
	return s.SetKey(k.name)
}

package main

import (
	"errors"

	"example.org/secret/cmd/secret/internal/escape"
	"example.org/secret/cmd/secret/internal/usage"
	"example.org/secret/vault"

	"github.com/spf13/cobra"
)

func newKeyListCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "list",
		Aliases: []string{"ls"},
		Short:   "List the vault's unlockers and value keys",
		Example: "  secret key list --json",
		Args:    usage.NoArgs,
		RunE:    func(*cobra.Command, []string) error { return a.runKeyList() },
	}
	cmd.Flags().BoolVar(&a.jsonFlag, "json", false, "print JSON")
	return cmd
}

func (a *app) runKeyList() error {
	header, err := a.readHeader()
	if err != nil {
		return err
	}
	keys, err := a.valueKeys(header)
	if err != nil {
		return err
	}
	if a.jsonFlag {
		return a.out.JSON(map[string]any{"vault": header.Dir, "id": header.ID, "unlock": header.Unlock, "keys": keys})
	}
	for _, unlocker := range header.Unlock {
		// The header is not sealed: any user who can write the file can change it.
		if err := a.out.Printf("%s\n", escape.Text(string(unlocker))); err != nil {
			return err
		}
	}
	for _, key := range keys {
		if err := a.out.Printf("%s\n", key); err != nil {
			return err
		}
	}
	return nil
}

// valueKeyJSON is a value key in the output of key list. Sealed is empty if the vault does not open without a question.
type valueKeyJSON struct {
	Name   string `json:"name"`
	Sealed string `json:"sealed_to,omitempty"` // vault, passphrase, or damaged
}

// String returns the line for a user.
func (k valueKeyJSON) String() string {
	about := map[string]string{"vault": ", opens with the vault", "passphrase": ", behind a passphrase of its " +
		"own", "damaged": ", damaged"}
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

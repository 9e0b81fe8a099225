package main

import (
	"fmt"

	"example.org/secret/cmd/secret/internal/usage"
	"example.org/secret/vault"
	"example.org/secret/vault/unlock"
)

// newUnlocker returns an unlocker for a vault to get; path is of a key file or an identity.
func (a *app) newUnlocker(unlocker vault.Unlocker, path string) unlock.Unlocker {
	return map[vault.Unlocker]unlock.Unlocker{
		vault.Keyring:    unlock.Keyring{Store: a.keyring},
		vault.KeyFile:    unlock.KeyFile{Path: path},
		vault.Passphrase: a.passphrase(),
		vault.Recovery:   unlock.Recovery{Rand: a.rand, Work: a.passphraseWork, Show: a.showRecovery},
		vault.Identity:   unlock.Identity{Path: path, Age: a.ageProgram(a.prompt, unattendedTimeout)},
	}[unlocker]
}

func (a *app) passphrase() unlock.Passphrase {
	return unlock.Passphrase{Ask: a.askPassphrase, Work: a.passphraseWork}
}

const recoveryAttempts = 3

// showRecovery shows a recovery passphrase at the terminal, and has the user type it from the paper.
func (a *app) showRecovery(words string, opens func(typed string) bool) error {
	t, err := a.prompt.Terminal()
	if err != nil {
		return err
	}
	defer t.Close()
	fmt.Fprintf(t.Out, "Write this down and keep it where the vault is not:\n\n    %s\n\n", words)
	for range recoveryAttempts {
		typed, err := t.Line("Type it from your paper:")
		if err != nil {
			return err
		}
		if opens(typed) {
			fmt.Fprintln(t.Out, "Right: it opens the master key.")
			return nil
		}
		fmt.Fprintln(t.Out, "That does not open it.")
	}
	return usage.Errorf("the recovery passphrase was not repeated; nothing was made")
}

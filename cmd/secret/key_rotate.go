package main

import (
	"fmt"

	"example.org/secret/cmd/secret/internal/output"
	"example.org/secret/cmd/secret/internal/usage"

	"github.com/spf13/cobra"
)

func newKeyRotateCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "rotate",
		Short: "Replace the master key and seal everything again",
		Long: `Replace the vault's master key by a new one, and seal every secret again. Do this
if another person may have the key, or must not have it any more. It does not
take back values that they read or copied: give those new ones as well (secret
rotate, secret set).

Each unlocker of the vault stays and gets the new key. The keyring's entry and
the key file in use are changed in place; passphrases are asked for and stay the
same. Remove an identity, and an unlocker that is not within reach, before
(secret key remove), and add it again afterwards. Copies of the key file
elsewhere, and backups of the vault, are yours to replace.

In a key file the old key stays as a comment: it opens older copies of the vault,
and other vaults that were made with the same key.

You can interrupt it at any time. The vault works before and after, and running
the command again continues.`,
		Example: `  secret key rotate
  secret --key-file ~/usb/secret.key key rotate`,
		Args: usage.NoArgs,
		RunE: func(*cobra.Command, []string) error { return a.runKeyRotate() },
	}
}

func (a *app) runKeyRotate() error {
	finder, err := a.newFinder()
	if err != nil {
		return err
	}
	options, err := a.options(finder.Header.ID)
	if err != nil {
		return err
	}
	replaced, err := finder.ReplaceKey(options, func(done, total int) { a.out.Sayf("\r\x1b[K%d of %d", done, total) })
	a.out.Sayf("\r\x1b[K")
	if err != nil {
		return err
	}
	if replaced.Earlier {
		fmt.Fprintln(a.out.Stderr, "Finished the replacement of the master key that was begun earlier. To replace it once "+
			"more, run this again.")
		return nil
	}
	a.out.Sayf("Replaced the master key and sealed %s again.\n", output.Plural(replaced.Secrets, "secret"))
	a.out.Warnf("copies of the vault made before (backups, git's history) still open with the old key, and key files " +
		"elsewhere have to be replaced by the new one")
	return nil
}

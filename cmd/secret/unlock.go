package main

import (
	"errors"
	"time"

	"example.org/secret/crypto/session"
	"example.org/secret/vault"

	"github.com/spf13/cobra"
)

const (
	shortestSession = time.Second
	longestSession  = 30 * 24 * time.Hour
)

func newUnlockCommand(a *app) *cobra.Command {
	var timeout time.Duration
	cmd := &cobra.Command{
		Use:   "unlock",
		Short: "Keep the vault unlocked for a while",
		Long: `Keep the master key in the kernel's memory for a while, so that a passphrase is
typed once and not for each command, and scripts and cron find the key. Every
process of the same user can read it until then. This needs Linux; other systems
have their keyring.`,
		Example: `  secret unlock
  secret unlock --for 30m`,
		Args: noArgs,
		RunE: func(*cobra.Command, []string) error { return a.runUnlock(timeout) },
	}
	cmd.Flags().DurationVar(&timeout, "for", 8*time.Hour, "how long, up to 720h")
	return cmd
}

func (a *app) runUnlock(timeout time.Duration) error {
	if timeout < shortestSession || timeout > longestSession {
		return usagef("a vault can be kept unlocked for %v to %v, not %v", shortestSession, longestSession, timeout)
	}
	header, key, err := a.unlock(a.findKey)
	if err != nil {
		return err
	}
	if err := session.Open(header.ID, key.MasterKey().Reveal(), timeout); err != nil {
		return noKeyf("the vault cannot be kept unlocked: %v", err)
	}
	a.sayf("%s is unlocked until %s; lock it with: secret lock\n", header.Dir, a.now().Add(timeout).Format("2006-01-02 15:04"))
	return nil
}

func newLockCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:     "lock",
		Short:   "End what secret unlock began",
		Example: "  secret lock",
		Args:    noArgs,
		RunE: func(*cobra.Command, []string) error {
			dir, err := a.vaultDir()
			if err != nil {
				return err
			}
			header, err := vault.ReadHeader(dir)
			if err != nil {
				return err
			}
			if err := session.Close(header.ID); err != nil && !errors.Is(err, session.ErrUnavailable) {
				return err
			}
			return nil
		},
	}
}

package main

import (
	"time"

	"example.org/secret/cmd/secret/internal/usage"

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
		Short: "Keep the vault unlocked for some hours",
		Long: `Keep the master key in the kernel's memory for some hours, so that you type a
passphrase once and not for each command, and scripts and cron find the key.
Until then every process of the same user can read it. This needs Linux; other
systems have their keyring.`,
		Example: `  secret unlock
  secret unlock --for 30m`,
		Args: usage.NoArgs,
		RunE: func(*cobra.Command, []string) error { return a.runUnlock(timeout) },
	}
	cmd.Flags().DurationVar(&timeout, "for", 8*time.Hour, "how long, up to 720h")
	return cmd
}

func (a *app) runUnlock(timeout time.Duration) error {
	if timeout < shortestSession || timeout > longestSession {
		return usage.Errorf("a vault can be kept unlocked for %v to %v, not %v", shortestSession, longestSession, timeout)
	}
	finder, err := a.newFinder()
	if err != nil {
		return err
	}
	key, err := finder.Find()
	if err != nil {
		return err
	}
	if err := a.sessions.Open(key.VaultID(), key.MasterKey().Reveal(), timeout); err != nil {
		return noKeyf("the vault cannot be kept unlocked: %v", err)
	}
	until := a.now().Add(timeout).Format("2006-01-02 15:04")
	a.out.Sayf("%s is unlocked until %s; lock it with: secret lock\n", finder.Header.Dir, until)
	return nil
}

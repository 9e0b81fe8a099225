package main

import (
	"errors"

	"example.org/secret/cmd/secret/internal/prompt"
	"example.org/secret/cmd/secret/internal/usage"
	"example.org/secret/vault"

	"github.com/spf13/cobra"
)

func newRotationScheduleInstallCommand(a *app) *cobra.Command {
	var yes bool
	cmd := &cobra.Command{
		Use:     "install",
		Short:   "Show the timer, ask, and install it",
		Example: "  secret rotation schedule install",
		Args:    usage.NoArgs,
		RunE:    func(*cobra.Command, []string) error { return a.runScheduleInstall(yes) },
	}
	cmd.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask")
	return cmd
}

func (a *app) runScheduleInstall(yes bool) error {
	timer, err := a.newTimer()
	if err != nil {
		return err
	}
	if err := a.checkKeyForTimer(); err != nil {
		return err
	}
	if err := a.out.Printf("%s", timer.Text()); err != nil {
		return err
	}
	if !yes {
		agreed, err := a.prompt.Confirm("Install this?")
		if errors.Is(err, prompt.ErrNoTerminal) {
			return usage.Errorf("there is no terminal to ask at; look at the above, and add --yes")
		}
		if err != nil || !agreed {
			return err
		}
	}
	if err := timer.Install(); err != nil {
		return err
	}
	a.out.Sayf("Installed; secret rotation schedule remove takes it away.\n")
	return nil
}

// checkKeyForTimer refuses a vault whose master key cannot be found without a user.
func (a *app) checkKeyForTimer() error {
	_, err := a.openVaultQuietly()
	if errors.Is(err, vault.ErrNoKey) {
		return noKeyf("a timer would not find the master key: %v; "+
			"secret key add keyring, or key-file PATH and secret config set key-file PATH", err)
	}
	return err
}

package main

import (
	"errors"

	"example.org/secret/vault"

	"github.com/spf13/cobra"
)

func newRotationScheduleCommand(a *app) *cobra.Command {
	var yes bool
	cmd := &cobra.Command{
		Use:   "schedule install | remove | show",
		Short: "Let the system run secret rotate --due every hour",
		Long: `Let the system run secret rotate --due every hour: a systemd user timer where
there is systemd, an entry in the crontab elsewhere, launchd on macOS. What is
installed is shown first.

The key has to be found from there. A key file is named in what is installed. The
keyring is found only while its session bus is there, which it is from login to
logout (loginctl enable-linger keeps the bus, but the keyring may stay locked
after a reboot until somebody logs in). A passphrase cannot be asked for.`,
		Example: `  secret rotation schedule show
  secret rotation schedule install
  secret rotation schedule remove`,
		Args:      argCount(1, 1),
		ValidArgs: []string{"install", "remove", "show"},
		RunE: func(_ *cobra.Command, args []string) error {
			return a.runSchedule(args[0], yes)
		},
	}
	cmd.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask")
	return cmd
}

func (a *app) runSchedule(action string, yes bool) error {
	timer, err := a.systemTimer()
	if err != nil {
		return err
	}
	switch action {
	case "show":
		return a.printf("%s", timer.text())
	case "remove":
		return timer.remove()
	case "install":
	default:
		return usagef("%q is neither install, remove nor show", action)
	}
	if err := a.keyForTimer(); err != nil {
		return err
	}
	if err := a.printf("%s", timer.text()); err != nil {
		return err
	}
	if !yes {
		agreed, err := a.confirm("Install this?")
		if errors.Is(err, errNoTerminal) {
			return usagef("there is no terminal to ask at; look at the above, and add --yes")
		}
		if err != nil || !agreed {
			return err
		}
	}
	if err := timer.install(); err != nil {
		return err
	}
	a.sayf("Installed; secret rotation schedule remove takes it away.\n")
	return nil
}

// keyForTimer refuses what could never work: nobody is there to type.
func (a *app) keyForTimer() error {
	if _, err := a.openVaultQuietly(); err != nil {
		if errors.Is(err, vault.ErrNoKey) {
			return noKeyf("a timer would not find the master key: %v; secret key add keyring, or key-file PATH and secret config set key-file PATH", err)
		}
		return err
	}
	return nil
}

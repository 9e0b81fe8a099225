package main

import (
	"runtime"

	"example.org/secret/cmd/secret/internal/timer"
	"example.org/secret/cmd/secret/internal/usage"

	"github.com/spf13/cobra"
)

func newRotationScheduleCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "schedule",
		Short: "Let the system run secret rotate --due every hour",
		Long: `Let the system run secret rotate --due every hour: by a systemd user timer if
the system has systemd, else by an entry in the crontab; by launchd on macOS.

The command must find the master key without a person. A key file is named in
the timer. The keyring is found only while its session bus is there: from login
to logout (loginctl enable-linger keeps the bus, but the keyring may stay locked
after a reboot until the user logs in). A passphrase cannot be asked for.`,
		Example: `  secret rotation schedule show
  secret rotation schedule install
  secret rotation schedule remove`,
		Args: usage.UnknownCommand,
		RunE: func(*cobra.Command, []string) error {
			return usage.Errorf("install, show or remove? See secret rotation schedule --help")
		},
	}
	cmd.AddCommand(newRotationScheduleInstallCommand(a), newRotationScheduleShowCommand(a),
		newRotationScheduleRemoveCommand(a))
	return cmd
}

// newTimer returns the timer of this vault.
func (a *app) newTimer() (timer.Timer, error) {
	dir, err := a.vaultDir()
	if err != nil {
		return nil, err
	}
	keyFile, err := a.keyFile()
	if err != nil {
		return nil, err
	}
	command, err := timer.DueCommand(dir, keyFile, a.getenv)
	if err != nil {
		return nil, err
	}
	configDir, err := a.dirs().ConfigHome()
	if err != nil {
		return nil, err
	}
	return timer.New(timer.Command{
		Args: command, Vault: dir, Usual: dir == a.dirs().Defaults().Vault, GOOS: runtime.GOOS,
		Home: a.getenv("HOME"), ConfigDir: configDir, RuntimeDir: a.getenv("XDG_RUNTIME_DIR"), Run: a.tool().Run,
	})
}

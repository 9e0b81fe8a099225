package main

import (
	"errors"

	"example.org/secret/cmd/secret/internal/usage"
	"example.org/secret/crypto/session"

	"github.com/spf13/cobra"
)

func newLockCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:     "lock",
		Short:   "Lock a vault that secret unlock keeps unlocked",
		Example: "  secret lock",
		Args:    usage.NoArgs,
		RunE:    func(*cobra.Command, []string) error { return a.runLock() },
	}
}

func (a *app) runLock() error {
	header, err := a.readHeader()
	if err != nil {
		return err
	}
	if err := a.sessions.Close(header.ID); err != nil && !errors.Is(err, session.ErrUnavailable) {
		return err
	}
	return nil
}

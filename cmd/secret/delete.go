package main

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"example.org/secret/cmd/secret/internal/usage"
	"example.org/secret/vault"

	"github.com/spf13/cobra"
)

type deleteOptions struct {
	window string
	force  bool
	yes    bool
}

func newDeleteCommand(a *app) *cobra.Command {
	var o deleteOptions
	cmd := &cobra.Command{
		Use:     "delete NAME",
		Aliases: []string{"rm", "remove", "del"},
		Short:   "Delete a secret, with time to think again",
		Long: `Schedule a secret for deletion. Until its recovery window has passed it is hidden
and cannot be read, keeps its name, and can be brought back with secret restore.
Afterwards it is gone; secret purge removes its file.

--force deletes it at once and for good, after its name was typed once more.`,
		Example: `  secret delete old/key
  secret delete old/key --recovery-window 7d
  secret delete old/key --force --yes`,
		Args:              usage.Args(1, 1),
		ValidArgsFunction: a.completeNames(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if o.force {
				return a.runForceDelete(o, args[0])
			}
			return a.runDelete(o, args[0])
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&o.window, "recovery-window", "30d", "how long it can be brought back, from 7d to 30d")
	flags.BoolVar(&o.force, "force", false, "delete it for good")
	flags.BoolVarP(&o.yes, "yes", "y", false, "with --force: do not ask")
	cmd.MarkFlagsMutuallyExclusive("force", "recovery-window")
	return cmd
}

func (a *app) runDelete(o deleteOptions, name string) error {
	days, err := strconv.Atoi(strings.TrimSuffix(o.window, "d"))
	if err != nil {
		return usage.Errorf("%q is not a recovery window; give days from 7d to 30d", o.window)
	}
	s, err := a.updateSecretMeta(name, func(s *vault.Secret) error { return s.ScheduleDeletion(days) })
	if err != nil {
		return err
	}
	a.out.Sayf("Deleted %s; until %s it can be brought back with: secret restore %s\n",
		s.Name, s.Deletion.Due.Format(time.DateOnly), s.Name)
	return nil
}

func (a *app) runForceDelete(o deleteOptions, nameArg string) error {
	v, name, err := a.openNamed(nameArg)
	if err != nil {
		return err
	}
	if _, err := v.GetMeta(name); errors.Is(err, vault.ErrNotFound) {
		return err
	}
	if !o.yes {
		if !a.stdinIsTerminal {
			return usage.Errorf("--force deletes %q for good; without a terminal add --yes", name)
		}
		if err := a.confirmByName(fmt.Sprintf("Delete %s and its history for good?", name), string(name)); err != nil {
			return err
		}
	}
	if err := v.Remove(name); err != nil {
		return err
	}
	a.out.Sayf("Deleted %s for good.\n", name)
	return nil
}

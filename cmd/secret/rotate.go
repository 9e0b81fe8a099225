package main

import (
	"slices"

	"example.org/secret/cmd/secret/internal/rotationview"
	"example.org/secret/cmd/secret/internal/usage"
	"example.org/secret/rotate"
	"example.org/secret/vault"

	"github.com/spf13/cobra"
)

type rotateOptions struct {
	due, all, dryRun bool
	jobs             int
}

func newRotateCommand(a *app) *cobra.Command {
	var o rotateOptions
	cmd := &cobra.Command{
		Use:   "rotate NAME... | --due | --all",
		Short: "Change secrets where they are used, by their rotators",
		Long: `Change secrets where they are used: make a new value, have the secret's rotator
apply and test it, and then make it current. secret rotation enable gives a
secret a rotator. (To replace the vault's own key, see secret key rotate.)

--due rotates the secrets that are due, continues interrupted rotations, and
prints nothing when there is nothing to do. cron or a systemd timer can run it:
see secret rotation schedule.

If the rotation has a grace, a later run revokes the replaced value: --due when
the grace is over, NAME at once, before it rotates again.

secret config set on-rotation COMMAND runs a command after each rotation and its
failure, to reload a service or to tell a person. Its environment has
SECRET_NAME, SECRET_OUTCOME (rotated, finished, unfinished, failed, abandoned),
SECRET_VERSION and SECRET_REASON, and no value. It has one minute.

A rotation that fails leaves the current value in use. A later run continues it;
with --due the wait grows with each failure, with NAME there is none.`,
		Example: `  secret rotate prod/db
  secret rotate --due
  secret rotate --all --dry-run`,
		Args:              usage.Args(0, -1),
		ValidArgsFunction: a.completeNames(1000),
		RunE:              func(cmd *cobra.Command, args []string) error { return a.runRotate(o, args) },
	}
	flags := cmd.Flags()
	flags.BoolVar(&o.due, "due", false, "rotate the secrets that are due")
	flags.BoolVar(&o.all, "all", false, "rotate all secrets that have rotation enabled")
	flags.BoolVar(&o.dryRun, "dry-run", false, "print the secrets that would be rotated, and why")
	flags.IntVar(&o.jobs, "jobs", 4, "how many to rotate at once")
	flags.BoolVar(&a.jsonFlag, "json", false, "print JSON")
	cmd.MarkFlagsMutuallyExclusive("due", "all")
	return cmd
}

// when returns the secrets of a run that the flags ask for.
func (o rotateOptions) when() rotate.When {
	if o.due {
		return rotate.IfDue
	}
	return rotate.Now
}

func (a *app) runRotate(o rotateOptions, args []string) error {
	switch {
	case len(args) > 0 && (o.due || o.all):
		return usage.Errorf("NAME cannot be used together with --due or --all")
	case len(args) == 0 && !o.due && !o.all:
		return usage.Errorf("which secrets? Name them, or give --due or --all")
	case o.jobs < 1:
		return usage.Errorf("--jobs must be at least 1, not %d", o.jobs)
	}
	engine, _, err := a.newEngine()
	if err != nil {
		return err
	}
	names, unreadable, err := a.namesToRotate(engine, o, args)
	if err != nil {
		return err
	}
	if o.dryRun {
		var plans []rotate.Plan
		if plans, err = engine.Plan(names, o.when()); err == nil {
			err = a.rotationView().Plan(plans, o.when())
		}
	} else {
		report := &rotationview.Report{Single: len(names) == 1 && !o.due && !o.all, BusyIsFine: o.due}
		err = a.rotateAll(report, engine, names, o.when(), o.jobs)
	}
	if err == nil && len(unreadable) > 0 {
		return unreadable[0]
	}
	return err
}

// namesToRotate returns the names in args, or else those that --due or --all select.
func (a *app) namesToRotate(
	engine *rotate.Engine, o rotateOptions, args []string,
) (names []vault.Name, unreadable []error, err error) {
	for _, arg := range args {
		name, err := vault.ParseName(arg)
		if err != nil {
			return nil, nil, err
		}
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	if len(args) > 0 {
		return names, nil, nil
	}
	listing, err := a.list(engine.Vault)
	if err != nil {
		return nil, nil, err
	}
	if o.due {
		names, unreadable = rotate.Due(listing.Secrets, a.now())
	} else {
		names, unreadable = rotate.Enabled(listing.Secrets)
	}
	return names, append(listing.Damaged, unreadable...), nil
}

package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"example.org/secret/cmd/secret/internal/escape"
	"example.org/secret/rotate"
	"example.org/secret/vault"
	"example.org/secret/vault/password"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

func newRotationCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "rotation",
		Short: "Set up and watch the rotation of secrets",
		Example: `  secret rotation enable prod/db --rotator postgres.sh --every 30d
  secret rotation status`,
		Args: unknownCommand,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newRotationEnableCommand(a), newRotationDisableCommand(a), newRotationStatusCommand(a),
		newRotationLogCommand(a), newRotationCancelCommand(a), newRotationScheduleCommand(a))
	return cmd
}

type enableOptions struct {
	rotation    rotate.Rotation
	timeout     time.Duration
	noRotateNow bool
}

func newRotationEnableCommand(a *app) *cobra.Command {
	var o enableOptions
	cmd := &cobra.Command{
		Use:   "enable NAME",
		Short: "Give a secret a rotator and a schedule",
		Long: `Give a secret a rotator, which is a program of yours or the name of one in the
rotators directory, and a schedule. It is rotated at once, unless --no-rotate-now:
then the rotator only has to prove that it can log in with the current value.

Schedules: an interval such as 30d, 12h or 2w; rate(30 days); AWS's cron with six
fields, cron(0 4 ? * SUN#1 *); or the five fields of crontab, 0 4 * * 1. Times are
UTC unless --timezone. With --window rotations only begin within that time of it.
Without a schedule the secret is rotated by hand only.

What is left out stays as it was. A rotator that came with a vault from another
machine runs here only after it was enabled here.`,
		Example: `  secret rotation enable prod/db --rotator postgres --every 30d
  secret rotation enable prod/db --rotator ~/bin/rotate-db --every 'cron(0 4 ? * SUN#1 *)' --window 3h
  secret rotation enable api --rotator ./api.sh --arg --region=eu --no-rotate-now`,
		Args:              argCount(1, 1),
		ValidArgsFunction: a.completeNames(1),
		RunE:              func(cmd *cobra.Command, args []string) error { return a.runEnable(o, cmd.Flags(), args[0]) },
	}
	flags := cmd.Flags()
	flags.StringVar(&o.rotation.Rotator, "rotator", "", "the program that changes the secret where it is used")
	flags.StringArrayVar(&o.rotation.Args, "arg", nil, "an argument for the rotator, before the step")
	flags.StringVar(&o.rotation.Schedule, "every", "", "the schedule")
	flags.StringVar(&o.rotation.Window, "window", "", "how long after its time a rotation may begin, such as 3h")
	flags.StringVar(&o.rotation.Timezone, "timezone", "", "the time zone of the schedule, such as Europe/Berlin")
	flags.DurationVar(&o.timeout, "timeout", time.Minute, "how long a step may take")
	flags.BoolVar(&o.noRotateNow, "no-rotate-now", false, "only test the rotator with the current value")
	addRuleFlags(flags, new(password.Rules))
	return cmd
}

func (a *app) runEnable(o enableOptions, flags *pflag.FlagSet, nameArg string) error {
	name, err := vault.ParseName(nameArg)
	if err != nil {
		return err
	}
	engine, consent, err := a.newEngine()
	if err != nil {
		return err
	}
	s, err := engine.Vault.Get(name)
	if err != nil {
		return err
	}
	if err := s.Deleted(); err != nil {
		return err
	}
	r, err := a.mergeRotation(o, flags, s)
	if err != nil {
		return err
	}
	if _, err := r.ParseSchedule(); err != nil {
		return usagef("%v", err)
	}
	executor, err := a.newExecutor()
	if err != nil {
		return err
	}
	if _, err := executor.Find(r.Rotator); err != nil {
		return usagef("%v", err)
	}
	ctx, stop := untilInterrupted()
	defer stop()
	if o.noRotateNow {
		if err := engine.Probe(ctx, name, r); err != nil {
			return fmt.Errorf("the rotator cannot log in with the current value of %q, and nothing was enabled: %w", name, err)
		}
	}
	if err := consent.give(s, r); err != nil {
		return err
	}
	if err := engine.Configure(name, r); err != nil {
		return err
	}
	a.sayf("Enabled the rotation of %s by %s.\n", name, escape.Text(r.Rotator))
	if o.noRotateNow {
		return nil
	}
	return a.rotateAll(engine, []vault.Name{name}, rotateOptions{jobs: 1})
}

// mergeRotation lays what the flags say over how the secret was rotated before.
func (a *app) mergeRotation(o enableOptions, flags *pflag.FlagSet, s *vault.Secret) (rotate.Rotation, error) {
	r, err := rotate.Of(s.Name, s.Rotation)
	if err != nil && !errors.Is(err, rotate.ErrNotEnabled) {
		return r, err
	}
	if flags.Changed("rotator") {
		r.Args = nil
		if r.Rotator, err = rotatorPath(o.rotation.Rotator); err != nil {
			return r, err
		}
	}
	if flags.Changed("arg") {
		r.Args = o.rotation.Args
	}
	if flags.Changed("every") {
		r.Schedule = o.rotation.Schedule
	}
	if flags.Changed("window") {
		r.Window = o.rotation.Window
	}
	if flags.Changed("timezone") {
		r.Timezone = o.rotation.Timezone
	}
	if flags.Changed("timeout") {
		if o.timeout < time.Second {
			return r, usagef("a step has at least one second, not %v", o.timeout)
		}
		r.Timeout = int(o.timeout / time.Second)
	}
	rules := r.Password
	if rules == (password.Rules{}) {
		rules = rotate.DefaultPassword()
	}
	if overlayRules(&rules, flags) != "" {
		if _, err := password.Generate(a.rand, rules); err != nil {
			return r, err
		}
		r.Password = rules
	}
	if r.Rotator == "" {
		return r, usagef("which rotator? Give --rotator PATH, or see: secret rotator list")
	}
	return r, nil
}

// rotatorPath makes the path of a rotator absolute. A bare name is one in the
// rotators directory.
func rotatorPath(arg string) (string, error) {
	if !strings.ContainsAny(arg, `/\`) {
		return arg, nil
	}
	return filepath.Abs(arg)
}

func newRotationDisableCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:               "disable NAME",
		Short:             "Stop rotating a secret",
		Long:              "Stop rotating a secret. How it was set up is kept for secret rotation enable.",
		Example:           "  secret rotation disable prod/db",
		Args:              argCount(1, 1),
		ValidArgsFunction: a.completeNames(1),
		RunE: func(_ *cobra.Command, args []string) error {
			name, err := vault.ParseName(args[0])
			if err != nil {
				return err
			}
			engine, _, err := a.newEngine()
			if err != nil {
				return err
			}
			return engine.Disable(name)
		},
	}
}

func newRotationCancelCommand(a *app) *cobra.Command {
	var force bool
	cmd := &cobra.Command{
		Use:   "cancel NAME",
		Short: "Give up a rotation that is not done",
		Long: `Give up a rotation that is not done. If the service may have the pending value
already, the current one first has to prove that it still works. The pending value
stays in the history.`,
		Example:           "  secret rotation cancel prod/db",
		Args:              argCount(1, 1),
		ValidArgsFunction: a.completeNames(1),
		RunE: func(_ *cobra.Command, args []string) error {
			name, err := vault.ParseName(args[0])
			if err != nil {
				return err
			}
			engine, _, err := a.newEngine()
			if err != nil {
				return err
			}
			ctx, stop := untilInterrupted()
			defer stop()
			return engine.Cancel(ctx, name, force)
		},
	}
	cmd.Flags().BoolVar(&force, "force", false, "do not test the current value")
	return cmd
}

func newRotationLogCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:               "log NAME",
		Aliases:           []string{"history"},
		Short:             "List the rotations of a secret, and why they failed",
		Example:           "  secret rotation log prod/db",
		Args:              argCount(1, 1),
		ValidArgsFunction: a.completeNames(1),
		RunE: func(_ *cobra.Command, args []string) error {
			s, err := a.getSecretMeta(args[0])
			if err != nil {
				return err
			}
			if _, err := rotate.Of(s.Name, s.Rotation); err != nil {
				return err
			}
			events, err := rotate.Log(s)
			if err != nil {
				return err
			}
			if a.jsonFlag {
				return a.printJSON(append([]rotate.Event{}, events...))
			}
			rows := make([][]string, len(events))
			for i, e := range events {
				what := e.Reason
				if e.Version != 0 {
					what = fmt.Sprintf("version %d", e.Version)
				}
				rows[i] = []string{a.timestamp(e.Time), string(e.Outcome), string(e.Step), what}
			}
			return a.printTable([]string{"TIME", "OUTCOME", "STEP", "REASON"}, rows)
		},
	}
	cmd.Flags().BoolVar(&a.jsonFlag, "json", false, "print JSON")
	return cmd
}

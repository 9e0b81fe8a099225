package main

import (
	"fmt"
	"time"

	"example.org/secret/cmd/secret/internal/escape"
	"example.org/secret/cmd/secret/internal/prompt"
	"example.org/secret/cmd/secret/internal/rotationflags"
	"example.org/secret/cmd/secret/internal/rotationview"
	"example.org/secret/cmd/secret/internal/usage"
	"example.org/secret/rotate"
	"example.org/secret/vault"

	"github.com/spf13/cobra"
)

type enableOptions struct {
	rotation    rotationflags.Flags
	noRotateNow bool
}

func newRotationEnableCommand(a *app) *cobra.Command {
	var o enableOptions
	cmd := &cobra.Command{
		Use:   "enable NAME",
		Short: "Give a secret a rotator and a schedule",
		Long: `Give a secret a rotator and a schedule, and rotate it at once. The rotator is a
program of yours, or the name of a file in the rotators directory. With
--no-rotate-now the secret is not rotated: the rotator only has to prove that it
can log in with the current value.

Schedules: an interval such as 30d, 12h or 2w; rate(30 days); AWS's cron with
six fields, cron(0 4 ? * SUN#1 *); or the five fields of crontab, 0 4 * * 1.
Times are UTC unless --timezone. With --window a rotation begins only within
that time. Without a schedule the secret is rotated only by hand.

--grace keeps the replaced value valid for a time after a rotation, so that a
program which read it a moment before goes on working. The service must accept
two values. By default the rotator says how long. The first secret rotate --due
after that time revokes the value: with an hourly timer, up to an hour later.

--password-rules sets rules for generated passwords: the options of
secret generate, separated by commas, with exclude=CHARACTERS as the last.

An option that is left out keeps its setting. A rotator that came with a vault
from another machine runs on this one only after it was enabled here.`,
		Example: `  secret rotation enable prod/db --rotator postgres --every 30d
  secret rotation enable db --rotator ~/bin/db --every '0 4 * * 1' --window 3h
  secret rotation enable api --rotator ./api --arg --region=eu --no-rotate-now
  secret rotation enable deploy/key --rotator aws-iam --every 90d --grace 1h`,
		Args:              usage.Args(1, 1),
		ValidArgsFunction: a.completeNames(1),
		RunE:              func(_ *cobra.Command, args []string) error { return a.runEnable(o, args[0]) },
	}
	o.rotation.Add(cmd.Flags())
	cmd.Flags().BoolVar(&o.noRotateNow, "no-rotate-now", false, "only test the rotator with the current value")
	return cmd
}

func (a *app) runEnable(o enableOptions, nameArg string) error {
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
	r, err := o.rotation.Merge(s, a.rand)
	if err != nil {
		return err
	}
	executor, err := a.newExecutor()
	if err != nil {
		return err
	}
	if _, err := executor.Find(r.Rotator); err != nil {
		return usage.Errorf("%v", err)
	}
	if err := a.askRotator(engine, s, &r, o); err != nil {
		return err
	}
	if err := consent.Give(s, r); err != nil {
		return err
	}
	if err := engine.Configure(name, r); err != nil {
		return err
	}
	a.out.Sayf("Enabled the rotation of %s by %s%s.\n", name, escape.Text(r.Rotator), graceText(r))
	if o.noRotateNow {
		return nil
	}
	return a.rotateAll(&rotationview.Report{Single: true}, engine, []vault.Name{name}, rotate.Now, 1)
}

func graceText(r rotate.Rotation) string {
	if r.Grace == 0 {
		return ""
	}
	return fmt.Sprintf(", with a grace of %v", time.Duration(r.Grace)*time.Second)
}

// askRotator has the rotator prove that it can log in, with --no-rotate-now, and takes
// its grace if it is new and there is no --grace.
func (a *app) askRotator(engine *rotate.Engine, s *vault.Secret, r *rotate.Rotation, o enableOptions) error {
	ctx, stop := untilInterrupted()
	defer stop()
	if o.noRotateNow {
		if err := engine.Probe(ctx, s.Name, *r); err != nil {
			return fmt.Errorf("the rotator cannot log in with the current value of %q, and nothing was enabled: %w", s.Name, err)
		}
	}
	before, _ := rotate.Of(s.Name, s.Rotation)
	if o.rotation.HasGrace() || before.Rotator == r.Rotator {
		return nil
	}
	grace, err := engine.DefaultGrace(ctx, s, *r)
	if ctx.Err() != nil {
		return vault.Errorf(prompt.ErrInterrupted, "interrupted; nothing was enabled")
	}
	if err != nil {
		a.out.Sayf("There is no grace, since the rotator does not name one (%s).\n", escape.Text(err.Error()))
	}
	return r.SetGrace(grace)
}

package main

import (
	"context"
	"errors"
	"fmt"

	"example.org/secret/cmd/secret/internal/escape"
	"example.org/secret/cmd/secret/internal/output"
	"example.org/secret/cmd/secret/internal/rotationflags"
	"example.org/secret/cmd/secret/internal/usage"
	"example.org/secret/rotate/rotatortest"
	"example.org/secret/vault"

	"github.com/spf13/cobra"
)

type checkOptions struct {
	secret string
	args   []string
	rotate bool
}

func newRotationRotatorCheckCommand(a *app) *cobra.Command {
	var o checkOptions
	cmd := &cobra.Command{
		Use:   "check ROTATOR",
		Short: "Find the faults of a rotator",
		Long: `Check that a rotator can be called, and that it ignores a step that it does not
know. With --secret, check that it logs in with the current value and fails with
a made-up one. With --rotate, rotate that secret and call each step twice: the
secret gets a new value, so name one that is not in use.`,
		Example: `  secret rotation rotator check postgres
  secret rotation rotator check ./rotate-api.py --secret staging/api
  secret rotation rotator check ./rotate-api.py --secret throwaway/api --rotate`,
		Args: usage.Args(1, 1),
		RunE: func(_ *cobra.Command, args []string) error { return a.runRotatorCheck(o, args[0]) },
	}
	flags := cmd.Flags()
	flags.StringVar(&o.secret, "secret", "", "the secret to check it with")
	flags.StringArrayVar(&o.args, "arg", nil, "an argument for the rotator, before the step")
	flags.BoolVar(&o.rotate, "rotate", false, "rotate that secret")
	_ = cmd.RegisterFlagCompletionFunc("secret", a.completeNames(1000))
	return cmd
}

func (a *app) runRotatorCheck(o checkOptions, rotator string) (err error) {
	if o.rotate && o.secret == "" {
		return usage.Errorf("--rotate needs --secret NAME, a secret that may change")
	}
	if rotator, err = rotationflags.RotatorPath(rotator); err != nil {
		return err
	}
	executor, err := a.newExecutor()
	if err != nil {
		return err
	}
	path, err := executor.Find(rotator)
	if err != nil {
		return err
	}
	ctx, stop := untilInterrupted()
	defer stop()
	var printing error
	checker := &rotatortest.Checker{Executor: executor, Rotator: path, Args: o.args, Report: func(f rotatortest.Finding) {
		printing = errors.Join(printing, a.out.Printf("%s\n", findingText(f)))
	}}
	checker.Call(ctx)
	if o.secret != "" {
		if err := a.checkWithSecret(ctx, checker, o); err != nil {
			return err
		}
	}
	if checker.Failed() > 0 {
		return fmt.Errorf("%s of %s failed", output.Plural(checker.Failed(), "check"), rotator)
	}
	return printing
}

func (a *app) checkWithSecret(ctx context.Context, checker *rotatortest.Checker, o checkOptions) error {
	name, err := vault.ParseName(o.secret)
	if err != nil {
		return err
	}
	engine, _, err := a.newEngine()
	if err != nil {
		return err
	}
	if err := checker.Login(ctx, engine, name); err != nil {
		return err
	}
	if !o.rotate || checker.Failed() > 0 {
		return nil
	}
	return checker.Rotate(ctx, engine, name)
}

func findingText(f rotatortest.Finding) string {
	if f.Err == nil {
		return "ok    " + f.Check
	}
	text := "FAIL  " + f.Check + ": " + escape.Text(f.Err.Error())
	if f.Advice != "" {
		text += "\n      " + f.Advice
	}
	return text
}

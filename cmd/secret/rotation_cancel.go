package main

import (
	"example.org/secret/cmd/secret/internal/usage"
	"example.org/secret/vault"

	"github.com/spf13/cobra"
)

func newRotationCancelCommand(a *app) *cobra.Command {
	var force bool
	cmd := &cobra.Command{
		Use:   "cancel NAME",
		Short: "Give up a rotation that is not done",
		Long: `Give up a rotation that is not done. If the service may have the pending value
already, the current value first has to prove that it still works. The pending
value stays in the history. A rotation in its grace ends as it is: the previous
value stays valid.`,
		Example:           "  secret rotation cancel prod/db",
		Args:              usage.Args(1, 1),
		ValidArgsFunction: a.completeNames(1),
		RunE:              func(_ *cobra.Command, args []string) error { return a.runCancel(args[0], force) },
	}
	cmd.Flags().BoolVar(&force, "force", false, "do not test the current value")
	return cmd
}

func (a *app) runCancel(nameArg string, force bool) error {
	name, err := vault.ParseName(nameArg)
	if err != nil {
		return err
	}
	engine, _, err := a.newEngine()
	if err != nil {
		return err
	}
	ctx, stop := untilInterrupted()
	defer stop()
	if force {
		return engine.CancelUntested(ctx, name)
	}
	return engine.Cancel(ctx, name)
}

package main

import (
	"example.org/secret/cmd/secret/internal/usage"
	"example.org/secret/rotate"

	"github.com/spf13/cobra"
)

func newRotationLogCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:               "log NAME",
		Aliases:           []string{"history"},
		Short:             "List the rotations of a secret, and why they failed",
		Example:           "  secret rotation log prod/db",
		Args:              usage.Args(1, 1),
		ValidArgsFunction: a.completeNames(1),
		RunE:              func(_ *cobra.Command, args []string) error { return a.runRotationLog(args[0]) },
	}
	cmd.Flags().BoolVar(&a.jsonFlag, "json", false, "print JSON")
	return cmd
}

func (a *app) runRotationLog(nameArg string) error {
	s, err := a.getSecretMeta(nameArg)
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
	return a.rotationView().Log(events)
}

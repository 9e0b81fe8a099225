package main

import (
	"fmt"

	"example.org/secret/rotate"

	"github.com/spf13/cobra"
)

func newRotationLogCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:               "log NAME",
		Aliases:           []string{"history"},
		Short:             "List the rotations of a secret, and why they failed",
		Example:           "  secret rotation log prod/db",
		Args:              argCount(1, 1),
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
	if a.jsonFlag {
		return a.out.JSON(append([]rotate.Event{}, events...))
	}
	rows := make([][]string, len(events))
	for i, e := range events {
		about := e.Reason
		if e.Version != 0 {
			about = fmt.Sprintf("version %d", e.Version)
		}
		rows[i] = []string{a.out.Timestamp(e.Time), string(e.Outcome), string(e.Step), about}
	}
	return a.out.Table([]string{"TIME", "OUTCOME", "STEP", "REASON"}, rows)
}

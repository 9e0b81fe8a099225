package main

import (
	"strings"
	"time"

	"example.org/secret/cmd/secret/internal/clipboard"
	"example.org/secret/cmd/secret/internal/output"
	"example.org/secret/cmd/secret/internal/usage"

	"github.com/spf13/cobra"
)

const clearCommand = "clear-clipboard"

func newClearClipboardCommand(a *app) *cobra.Command {
	var terminal bool
	cmd := &cobra.Command{
		Use:    clearCommand + " AFTER",
		Short:  "Clear the clipboard later, as secret get --clip asks for",
		Hidden: true,
		Args:   usage.Args(1, 1),
		RunE: func(_ *cobra.Command, args []string) error {
			after, err := time.ParseDuration(args[0])
			if err != nil {
				return usage.Errorf("%v", err)
			}
			if terminal {
				return output.Wrap(a.clipboard().ClearAfter(after, a.stdin, a.out.Stdout))
			}
			return a.clipboard().ClearAfter(after, a.stdin, nil)
		},
	}
	flag := strings.TrimPrefix(clipboard.TerminalFlag, "--")
	cmd.Flags().BoolVar(&terminal, flag, false, "that of the terminal at standard output")
	return cmd
}

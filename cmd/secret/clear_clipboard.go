package main

import (
	"fmt"
	"io"
	"runtime"
	"time"

	"example.org/secret/cmd/secret/internal/clipboard"

	"github.com/aymanbagabas/go-osc52/v2"
	"github.com/spf13/cobra"
)

const clearCommand = "clear-clipboard"

func newClearClipboardCommand(a *app) *cobra.Command {
	var terminal bool
	cmd := &cobra.Command{
		Use:    clearCommand + " AFTER",
		Short:  "Clear the clipboard later, as secret get --clip asks for",
		Hidden: true,
		Args:   argCount(1, 1),
		RunE: func(_ *cobra.Command, args []string) error {
			after, err := time.ParseDuration(args[0])
			if err != nil {
				return usagef("%v", err)
			}
			return a.runClearClipboard(after, terminal)
		},
	}
	cmd.Flags().BoolVar(&terminal, "terminal", false, "that of the terminal at standard output")
	return cmd
}

func (a *app) runClearClipboard(after time.Duration, terminal bool) error {
	var sum clipboard.Sum
	if _, err := io.ReadFull(a.stdin, sum[:]); err != nil {
		return fmt.Errorf("cannot read the sum of the copied text: %w", err)
	}
	time.Sleep(after)
	if terminal {
		return a.out.Write([]byte(a.osc52(osc52.Clear())))
	}
	tool, ok := clipboard.Find(runtime.GOOS, a.getenv)
	if !ok {
		return nil
	}
	return tool.Clear(a.environ, sum)
}

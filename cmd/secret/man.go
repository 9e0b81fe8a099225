package main

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"example.org/secret/cmd/secret/internal/manpage"
	"example.org/secret/cmd/secret/internal/usage"

	"github.com/spf13/cobra"
)

func newManCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:    "man DIR",
		Short:  "Write the man pages into a directory",
		Hidden: true,
		Args:   usage.Args(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			topics := manpage.Topics{Environment: environmentText(), ExitCodes: strings.TrimSuffix(exitCodesHelp, "\n")}
			if err := manpage.Write(args[0], cmd.Root(), a.releaseDate(), topics); err != nil {
				return fmt.Errorf("cannot write the man pages: %w", err)
			}
			return nil
		},
	}
}

// releaseDate returns the date of the pages, which is the same on every day for one release.
func (a *app) releaseDate() time.Time {
	if epoch, err := strconv.ParseInt(a.getenv("SOURCE_DATE_EPOCH"), 10, 64); err == nil {
		return time.Unix(epoch, 0).UTC()
	}
	return a.now().UTC()
}

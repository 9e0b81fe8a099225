package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	mcobra "github.com/muesli/mango-cobra"
	"github.com/muesli/roff"
	"github.com/spf13/cobra"
)

func newManCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:    "man DIR",
		Short:  "Write the man pages into a directory",
		Hidden: true,
		Args:   argCount(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := os.MkdirAll(args[0], 0o755); err != nil {
				return err
			}
			return a.writeManPages(cmd.Root(), args[0])
		},
	}
}

// writeManPages writes a page for each command, made of what --help shows.
func (a *app) writeManPages(cmd *cobra.Command, dir string) error {
	name := strings.ReplaceAll(cmd.CommandPath(), " ", "-")
	page, err := mcobra.NewManPage(1, cmd)
	if err != nil {
		return fmt.Errorf("making the man page of %s: %w", cmd.CommandPath(), err)
	}
	page.Root.Name = cmd.CommandPath()
	page.WithSection("Exit Status", exitCodesText)
	text := page.Build(&manDocument{Document: roff.NewDocument(), name: name, date: a.releaseDate()})
	if err := os.WriteFile(filepath.Join(dir, name+".1"), []byte(text), 0o644); err != nil {
		return err
	}
	for _, sub := range cmd.Commands() {
		if sub.IsAvailableCommand() && !sub.IsAdditionalHelpTopicCommand() {
			if err := a.writeManPages(sub, dir); err != nil {
				return err
			}
		}
	}
	return nil
}

// releaseDate makes the pages of one release the same on every day.
func (a *app) releaseDate() time.Time {
	if epoch, err := strconv.ParseInt(a.getenv("SOURCE_DATE_EPOCH"), 10, 64); err == nil {
		return time.Unix(epoch, 0).UTC()
	}
	return a.now().UTC()
}

// manDocument titles a page by its whole name and dates it.
type manDocument struct {
	*roff.Document
	name string
	date time.Time
}

// Heading implements mango.Builder.
func (d *manDocument) Heading(section uint, _, description string, _ time.Time) {
	d.Document.Heading(section, d.name, description, d.date)
}

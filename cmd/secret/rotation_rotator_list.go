package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"example.org/secret/cmd/secret/internal/usage"
	"example.org/secret/examples/rotators"

	"github.com/spf13/cobra"
)

func newRotationRotatorListCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "list",
		Aliases: []string{"ls"},
		Short:   "List your rotators and the built-in ones",
		Example: "  secret rotation rotator list",
		Args:    usage.NoArgs,
		RunE:    func(*cobra.Command, []string) error { return a.runRotatorList() },
	}
	cmd.Flags().BoolVar(&a.jsonFlag, "json", false, "print JSON")
	return cmd
}

// rotatorEntry is a line of the list.
type rotatorEntry struct {
	Name  string `json:"name"`
	Where string `json:"where"`
	About string `json:"about,omitempty"`
}

func (a *app) runRotatorList() error {
	entries, err := a.ownRotators()
	if err != nil {
		return fmt.Errorf("listing your rotators: %w", err)
	}
	for _, name := range rotators.Names() {
		entries = append(entries, rotatorEntry{name, "built in", rotators.Describe(name)})
	}
	if a.jsonFlag {
		return a.out.JSON(entries)
	}
	rows := make([][]string, len(entries))
	for i, e := range entries {
		rows[i] = []string{e.Name, e.Where, e.About}
	}
	return a.out.Table([]string{"NAME", "WHERE", "ABOUT"}, rows)
}

// ownRotators lists the files in the rotators directory.
func (a *app) ownRotators() ([]rotatorEntry, error) {
	dir, err := a.rotatorsDir()
	if err != nil {
		return nil, err
	}
	files, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	var entries []rotatorEntry
	for _, file := range files {
		if file.Type().IsRegular() {
			entries = append(entries, rotatorEntry{file.Name(), filepath.Join(dir, file.Name()), ""})
		}
	}
	return entries, nil
}

package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"example.org/secret/cmd/secret/internal/usage"
	"example.org/secret/vault"

	"github.com/spf13/cobra"
)

func newRotationRotatorNewCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "new NAME [PATH]",
		Short: "Write a built-in rotator to a file, to use or change it",
		Long: `Write a built-in rotator to PATH, by default into the rotators directory, where
secret rotation enable finds it by its name.`,
		Example: `  secret rotation rotator new postgres
  secret rotation rotator new template.py ./rotate-api.py`,
		Args: usage.Args(1, 2),
		ValidArgsFunction: func(cmd *cobra.Command, args []string, toComplete string) ([]string, cobra.ShellCompDirective) {
			if len(args) == 1 {
				return nil, cobra.ShellCompDirectiveDefault // PATH
			}
			return completeBuiltInRotators(cmd, args, toComplete)
		},
		RunE: func(_ *cobra.Command, args []string) error { return a.runRotatorNew(args) },
	}
}

func (a *app) runRotatorNew(args []string) error {
	text, err := builtInRotator(args[0])
	if err != nil {
		return err
	}
	path, err := a.newRotatorPath(args)
	if err != nil {
		return fmt.Errorf("cannot write the rotator: %w", err)
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o700)
	if errors.Is(err, fs.ErrExist) {
		return vault.Errorf(vault.ErrExists, "%s exists already, and was not changed", path)
	}
	if err != nil {
		return fmt.Errorf("cannot write the rotator: %w", err)
	}
	_, err = f.Write(text)
	if err := errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("cannot write the rotator: %w", err)
	}
	return a.out.Printf("%s\n", path)
}

// newRotatorPath returns PATH, or else the path in the rotators directory, which it
// makes.
func (a *app) newRotatorPath(args []string) (string, error) {
	if len(args) == 2 {
		return args[1], nil
	}
	dir, err := a.rotatorsDir()
	if err != nil {
		return "", err
	}
	file := args[0]
	if !strings.Contains(file, ".") {
		file += ".sh"
	}
	return filepath.Join(dir, file), os.MkdirAll(dir, 0o700)
}

package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"example.org/secret/examples/rotators"
	"example.org/secret/rotate"
	"example.org/secret/vault"

	"github.com/spf13/cobra"
)

func newRotatorCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "rotator",
		Short: "Write and check rotators, the programs that change secrets",
		Long: `A rotator is a program that changes a secret where it is used. It is called with a
step (create, set, test or finish), gets the values on standard input and in its
environment, and answers with its exit code. Some come with this program, as
starting points: short shell scripts to be read and changed.`,
		Example: `  secret rotator list
  secret rotator new postgres
  secret rotator check postgres --secret prod/db`,
		Args: unknownCommand,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newRotatorListCommand(a), newRotatorNewCommand(a), newRotatorCheckCommand(a))
	return cmd
}

func newRotatorListCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "list",
		Aliases: []string{"ls"},
		Short:   "List your rotators, and those to start from",
		Example: "  secret rotator list",
		Args:    noArgs,
		RunE:    func(*cobra.Command, []string) error { return a.runRotatorList() },
	}
	cmd.Flags().BoolVar(&a.jsonFlag, "json", false, "print JSON")
	return cmd
}

func (a *app) runRotatorList() error {
	type entry struct {
		Name  string `json:"name"`
		Where string `json:"where"`
		About string `json:"about,omitempty"`
	}
	entries := []entry{}
	dir, err := a.rotatorsDir()
	if err != nil {
		return err
	}
	yours, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("listing your rotators: %w", err)
	}
	for _, file := range yours {
		if file.Type().IsRegular() {
			entries = append(entries, entry{file.Name(), filepath.Join(dir, file.Name()), ""})
		}
	}
	for _, name := range rotators.Names() {
		entries = append(entries, entry{name, "built in", rotators.Describe(name)})
	}
	if a.jsonFlag {
		return a.printJSON(entries)
	}
	rows := make([][]string, len(entries))
	for i, e := range entries {
		rows[i] = []string{e.Name, e.Where, e.About}
	}
	return a.printTable([]string{"NAME", "WHERE", "WHAT IT DOES"}, rows)
}

func newRotatorNewCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "new NAME [PATH]",
		Short: "Write one of the built-in rotators out, to be used or changed",
		Long: `Write one of the built-in rotators out, by default into the rotators directory,
where secret rotation enable finds it by its name.`,
		Example: `  secret rotator new postgres
  secret rotator new template.py ./rotate-api.py`,
		Args: argCount(1, 2),
		ValidArgsFunction: func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			if len(args) > 0 {
				return nil, cobra.ShellCompDirectiveDefault // PATH
			}
			return rotators.Names(), noFiles
		},
		RunE: func(_ *cobra.Command, args []string) error { return a.runRotatorNew(args) },
	}
}

func (a *app) runRotatorNew(args []string) error {
	text, err := rotators.Read(args[0])
	if err != nil {
		return vault.Errorf(vault.ErrNotFound, "there is no rotator %q to start from; see: secret rotator list", args[0])
	}
	path := ""
	if len(args) == 2 {
		path = args[1]
	} else {
		dir, err := a.rotatorsDir()
		if err != nil {
			return err
		}
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return fmt.Errorf("writing the rotator: %w", err)
		}
		path = filepath.Join(dir, rotatorFile(args[0]))
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o700)
	if errors.Is(err, fs.ErrExist) {
		return vault.Errorf(vault.ErrExists, "%s exists already, and was left as it is", path)
	}
	if err != nil {
		return fmt.Errorf("writing the rotator: %w", err)
	}
	if _, err := f.Write(text); err != nil {
		_ = f.Close()
		return fmt.Errorf("writing the rotator: %w", err)
	}
	if err := f.Close(); err != nil {
		return fmt.Errorf("writing the rotator: %w", err)
	}
	return a.printf("%s\n", path)
}

func rotatorFile(name string) string {
	if strings.Contains(name, ".") {
		return name
	}
	return name + ".sh"
}

type checkOptions struct {
	secret string
	args   []string
	rotate bool
}

func newRotatorCheckCommand(a *app) *cobra.Command {
	var o checkOptions
	cmd := &cobra.Command{
		Use:   "check ROTATOR",
		Short: "Find out what is wrong with a rotator",
		Long: `Check that a rotator can be called, and that it passes over a step that it does not
know. With a secret: that it logs in with the current value, and does not with a
made-up one. With --rotate it walks the whole protocol, some steps twice, and the
secret gets a new value: take one that is thrown away afterwards.`,
		Example: `  secret rotator check postgres
  secret rotator check ./rotate-api.py --secret staging/api
  secret rotator check ./rotate-api.py --secret throwaway/api --rotate`,
		Args: argCount(1, 1),
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
		return usagef("--rotate needs --secret NAME, a secret that may change")
	}
	if rotator, err = rotatorPath(rotator); err != nil {
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
	check := rotatorCheck{app: a}
	check.that("it can be called, and nobody else can change it", nil, "")
	_, err = executor.Call(ctx, rotate.Call{Rotator: path, Args: o.args, Step: "unknown", Timeout: checkTimeout, Name: "check", Token: checkToken, Kind: vault.Credential})
	check.that("it passes over a step that it does not know", err, "let it exit with 0 for steps that it has no use for")
	if o.secret != "" {
		if err := check.with(ctx, o, path); err != nil {
			return err
		}
	}
	if check.failed > 0 {
		return fmt.Errorf("%s of %s failed", plural(check.failed, "check"), rotator)
	}
	return check.err
}

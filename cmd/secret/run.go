package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"example.org/secret/cmd/secret/internal/process"
	"example.org/secret/vault"
	"example.org/secret/vault/dotenv"
	"example.org/secret/vault/mask"
	"example.org/secret/vault/unlock"

	"github.com/spf13/cobra"
)

type runOptions struct {
	secrets     []string
	envFiles    []string
	mask        bool
	noMasking   bool
	allowUnsafe bool
}

func newRunCommand(a *app) *cobra.Command {
	var o runOptions
	cmd := &cobra.Command{
		Use:     "run [--secret NAME[=PREFIX]]... [--env-file FILE]... -- COMMAND [ARG]...",
		Aliases: []string{"exec"},
		Short:   "Run a command with secrets in its environment",
		Long: `Run a command with secrets in its environment.

The pairs of a kv secret become variables of their names; the fields of a
credential in upper case, as USERNAME and PASSWORD; a plaintext secret one that is
named by the last part of its name. A name that a variable cannot have is made
upper-case, with underscores: foo-bar becomes FOO_BAR. PREFIX goes before these names. For a single
value, a plaintext secret or NAME#FIELD, it is the variable's whole name unless it
ends in an underscore.

A variable whose value is a reference, secret://NAME or secret://NAME#FIELD, gets
what it refers to, in the inherited environment as in a .env file. The file's
variables go before inherited ones, and --secret before both; of several, the last
counts. Nothing else is expanded. If anything is missing the command is not
started.

Where the output is a pipe or a file, secret values in it are replaced by *****:
whole or line by line, in base64 and hexadecimal, and escaped for URLs, JSON, HTML
and shells. That keeps them out of logs. It does not stop a program that means to
give them away. On a terminal the command keeps the terminal,
unless --mask gives it pipes. Values of less than four characters, and the
username, host, port, engine and dbname of a credential, are not masked.

The exit code is the command's: 128 and more if a signal ended it, 127 if it was
not found, 126 if it could not be run.`,
		Example: `  secret run --secret stripe --secret prod/db=DB_ -- ./server
  secret run --secret openai/key=OPENAI_API_KEY -- python app.py
  secret run --env-file .env -- npm start
  DATABASE_PASSWORD=secret://prod/db#password secret run -- ./migrate`,
		Args:              argCount(1, -1),
		ValidArgsFunction: completeCommand,
		RunE:              func(_ *cobra.Command, args []string) error { return a.runRun(o, args) },
	}
	flags := cmd.Flags()
	flags.SetInterspersed(false) // the command's flags are its own
	flags.StringArrayVarP(&o.secrets, "secret", "s", nil, "a secret to hand over, as NAME[#FIELD][=PREFIX]")
	flags.StringArrayVar(&o.envFiles, "env-file", nil, "a .env file with variables, and references among them")
	flags.BoolVar(&o.mask, "mask", false, "mask values in the output, on a terminal too")
	flags.BoolVar(&o.noMasking, "no-masking", false, "let all output through")
	flags.BoolVar(&o.allowUnsafe, allowUnsafeFlag, false, "let secrets set PATH, LD_PRELOAD and the like")
	cmd.MarkFlagsMutuallyExclusive("mask", "no-masking")
	_ = cmd.RegisterFlagCompletionFunc("secret", func(cmd *cobra.Command, _ []string, toComplete string) ([]string, cobra.ShellCompDirective) {
		return a.completeGet(cmd, nil, toComplete)
	})
	return cmd
}

func completeCommand(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	return nil, cobra.ShellCompDirectiveDefault
}

func (a *app) runRun(o runOptions, args []string) error {
	path, code, err := process.Find(args[0])
	if err != nil {
		return &exitError{code, err.Error()}
	}
	env := newEnvironment(a)
	if err := env.fill(o); err != nil {
		return fmt.Errorf("the command was not started: %w", err)
	}
	c := process.Command{Path: path, Args: args, Env: env.list()}
	if len(env.hidden) > 0 && !o.noMasking {
		c.Masker = mask.New(env.hidden...)
		c.MaskStdout = o.mask || isLog(os.Stdout)
		c.MaskStderr = o.mask || isLog(os.Stderr)
	}
	status, err := process.Run(c)
	if err != nil {
		return &exitError{status, fmt.Sprintf("%s was not started: %v", args[0], err)}
	}
	return &exitError{status, ""}
}

// isLog reports whether what is written to f may be kept: it is no terminal, and
// not /dev/null.
func isLog(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice == 0
}

// environment is that of a command.
type environment struct {
	resolver
	allowUnsafe bool
	names       []string
	values      map[string]string
	hidden      [][]byte
}

func newEnvironment(a *app) *environment {
	return &environment{resolver: resolver{app: a}, values: map[string]string{}}
}

// fill replaces references, reads the files and adds the secrets.
func (e *environment) fill(o runOptions) error {
	e.allowUnsafe = o.allowUnsafe
	for _, entry := range e.environ {
		// On Windows a name may begin with =.
		if i := strings.Index(entry[min(1, len(entry)):], "="); i >= 0 && !e.isOurs(entry[:i+1]) {
			if err := e.setText(entry[:i+1], entry[i+2:], "the environment"); err != nil {
				return err
			}
		}
	}
	for _, path := range o.envFiles {
		if err := e.addFile(path); err != nil {
			return err
		}
	}
	for _, arg := range o.secrets {
		if err := e.addSecret(arg); err != nil {
			return err
		}
	}
	return nil
}

// isOurs tells what we were given to open the vault with, which is no business of
// the command's.
func (e *environment) isOurs(name string) bool {
	switch name {
	case "SECRET_KEY_FILE":
		return true
	case "CREDENTIALS_DIRECTORY":
		entries, err := os.ReadDir(e.getenv(name))
		return err == nil && len(entries) == 1 && entries[0].Name() == unlock.CredentialName
	}
	return false
}

func (e *environment) addFile(path string) error {
	text, err := readInputFile(path, maxInput, "the environment")
	if err != nil {
		return err
	}
	variables, err := dotenv.Parse(string(text))
	if err != nil {
		return usagef("%s: %v", path, err)
	}
	variables, replaced := dotenv.Effective(variables)
	for _, r := range replaced {
		e.warnf("%s, line %d: %s is given again on line %d, which counts", filepath.Base(path), r.Line, r.Name, r.By)
	}
	for _, v := range variables {
		if !isVariableName(v.Name) {
			return usagef("%s: line %d: what is before = cannot be a variable's name", path, v.Line)
		}
		if err := e.setText(v.Name, v.Value, fmt.Sprintf("%s, line %d", filepath.Base(path), v.Line)); err != nil {
			return err
		}
	}
	return nil
}

// setText sets a variable to a text or to what it refers to.
func (e *environment) setText(name, text, source string) error {
	if !strings.HasPrefix(text, vault.ReferenceScheme) {
		return e.set(name, text)
	}
	ref, err := vault.ParseReference(text)
	if err != nil {
		return fmt.Errorf("%s in %s: %w", name, source, err)
	}
	p, err := e.pick(ref)
	if err != nil {
		return fmt.Errorf("%s in %s: %w", name, source, err)
	}
	value, err := p.text()
	if err != nil {
		return err
	}
	if _, err := p.checkVariables([]variable{{name, value}}); err != nil {
		return err
	}
	return e.setSecret(variable{name, value}, p)
}

func (e *environment) addSecret(arg string) error {
	ref, prefix, err := parseSecretArg(arg)
	if err != nil {
		return err
	}
	p, err := e.pick(ref)
	if i := strings.LastIndexByte(arg, '='); errors.Is(err, vault.ErrNoSecret) && i >= 0 && prefix == "" {
		return fmt.Errorf("%w (and no variable's name can begin with %q)", err, arg[i+1:])
	}
	if err != nil {
		return err
	}
	variables, err := p.variables(prefix)
	if err != nil {
		return err
	}
	for _, v := range variables {
		if err := e.setSecret(v, p); err != nil {
			return err
		}
	}
	return nil
}

func (e *environment) setSecret(v variable, p picked) error {
	if isUnsafeVariable(v.name) && !e.allowUnsafe {
		return refuseUnsafe(v.name, string(p.secret.Name))
	}
	for _, value := range p.hidden() {
		if len(value) >= mask.MinLength {
			e.hidden = append(e.hidden, value)
		}
	}
	return e.set(v.name, string(v.value))
}

func (e *environment) set(name, value string) error {
	if limit := maxVariable(); len(name)+len("=")+len(value) > limit {
		return usagef("the value of %s is too long for a variable: with the name it has %d bytes, and %d is the limit; let the command read it with: secret get",
			name, len(name)+len("=")+len(value), limit)
	}
	if _, there := e.values[name]; !there {
		e.names = append(e.names, name)
	}
	e.values[name] = value
	return nil
}

// maxVariable is how long NAME=VALUE may be: a system would only say that
// something is too long (MAX_ARG_STRLEN of Linux, less the NUL).
func maxVariable() int {
	if runtime.GOOS == "windows" {
		return 32766
	}
	return 131071
}

func (e *environment) list() []string {
	list := make([]string, len(e.names))
	for i, name := range e.names {
		list[i] = name + "=" + e.values[name]
	}
	return list
}

package main

import (
	"fmt"
	"os"

	"example.org/secret/cmd/secret/internal/environ"
	"example.org/secret/cmd/secret/internal/input"
	"example.org/secret/cmd/secret/internal/picked"
	"example.org/secret/cmd/secret/internal/process"
	"example.org/secret/cmd/secret/internal/usage"
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
	aws         awsOptions
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
upper-case, with underscores: foo-bar becomes FOO_BAR. PREFIX goes before these
names. For a single value, a plaintext secret or NAME#FIELD, it is the variable's
whole name unless it ends in an underscore.

A variable whose value is a reference, secret://NAME or secret://NAME#FIELD, gets
what it refers to, in the inherited environment as in a .env file. The file's
variables go before inherited ones, and --secret before both; of several, the last
counts. Nothing else is expanded. If anything is missing the command is not
started.

Where the output is a pipe or a file, secret values in it are replaced by *****:
whole or line by line, in base64 and hexadecimal, in lines of any width, and
escaped for URLs, JSON, HTML and shells. That keeps them out of logs. It does not
stop a program that means to give them away. On a terminal the command keeps the
terminal, unless --mask gives it pipes. Values of less than four characters, and
the username, host, port, engine and dbname of a credential, are not masked.

--aws lets programs that use AWS Secrets Manager read the vault, unchanged: while
the command runs, its SDKs and the aws program find the API at an address of this
machine that nobody else knows. --aws-allow narrows the secrets, --aws-write
allows changes. Credentials and a region of yours stay, for other services of AWS;
without them the command gets keys that open nothing. SDKs from before July 2023
do not look for the address: give it to them as the endpoint, from the variable
AWS_ENDPOINT_URL_SECRETS_MANAGER. A program in the background loses the address
when the command ends.

The exit code is the command's: 128 and more if a signal ended it, 127 if it was
not found, 126 if it could not be run.`,
		Example: `  secret run --secret stripe --secret prod/db=DB_ -- ./server
  secret run --secret openai/key=OPENAI_API_KEY -- python app.py
  secret run --env-file .env -- npm start
  secret run --aws --aws-allow 'prod/*' -- python app.py
  DATABASE_PASSWORD=secret://prod/db#password secret run -- ./migrate`,
		Args:              usage.Args(1, -1),
		ValidArgsFunction: completeCommand,
		RunE:              func(_ *cobra.Command, args []string) error { return a.runRun(o, args) },
	}
	flags := cmd.Flags()
	flags.SetInterspersed(false) // the command's flags are its own
	flags.StringArrayVarP(&o.secrets, "secret", "s", nil, "a secret to hand over, as NAME[#FIELD][=PREFIX]")
	flags.StringArrayVar(&o.envFiles, "env-file", nil, "a .env file with variables, and references among them")
	flags.BoolVar(&o.mask, "mask", false, "mask values in the output, on a terminal too")
	flags.BoolVar(&o.noMasking, "no-masking", false, "let all output through")
	flags.BoolVar(&o.allowUnsafe, environ.AllowUnsafeFlag, false, "let secrets set PATH, LD_PRELOAD and the like")
	flags.BoolVar(&o.aws.serve, "aws", false, "serve AWS Secrets Manager's API to the command")
	flags.StringArrayVar(&o.aws.allow, "aws-allow", nil, "with --aws: only secrets of this name or `glob`")
	flags.BoolVar(&o.aws.write, "aws-write", false, "with --aws: let the command change secrets")
	flags.StringArrayVar(&o.aws.keys, "aws-key", nil, "with --aws: unlock this value `key`, if it is behind a passphrase")
	_ = cmd.RegisterFlagCompletionFunc("aws-key", a.completeKeys)
	cmd.MarkFlagsMutuallyExclusive("mask", "no-masking")
	_ = cmd.RegisterFlagCompletionFunc("secret", func(
		cmd *cobra.Command, _ []string, toComplete string,
	) ([]string, cobra.ShellCompDirective) {
		return a.completeGet(cmd, nil, toComplete)
	})
	return cmd
}

func completeCommand(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	return nil, cobra.ShellCompDirectiveDefault
}

func (a *app) runRun(o runOptions, args []string) error {
	if !o.aws.serve && (o.aws.write || len(o.aws.allow)+len(o.aws.keys) > 0) {
		return usage.Errorf("--aws-allow, --aws-key and --aws-write are for --aws")
	}
	path, code, err := process.Find(args[0])
	if err != nil {
		return &exitError{code, err.Error()}
	}
	env, err := a.newEnvironment(o)
	if err != nil {
		return fmt.Errorf("the command was not started: %w", err)
	}
	c := process.Command{Path: path, Args: args, Env: env.List(), Stay: o.aws.serve}
	masked := mask.NewGrowing(env.Hidden()...)
	if (len(env.Hidden()) > 0 || o.aws.serve) && !o.noMasking {
		c.Masker = masked
		c.MaskStdout = o.mask || isLog(os.Stdout)
		c.MaskStderr = o.mask || isLog(os.Stderr)
	}
	if o.aws.serve {
		environ, stop, err := a.serveCommand(o.aws, c.Env, masked)
		if err != nil {
			return fmt.Errorf("the command was not started: %w", err)
		}
		defer stop()
		c.Env = environ
	}
	status, err := process.Run(c)
	if err != nil {
		return &exitError{status, fmt.Sprintf("%s was not started: %v", args[0], err)}
	}
	return &exitError{status, ""}
}

// isLog reports whether the output may be kept: f is neither a terminal nor /dev/null.
func isLog(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice == 0
}

// newEnvironment returns the environment of the command. Of several sources, the last counts.
func (a *app) newEnvironment(o runOptions) (*environ.Environment, error) {
	secrets := picked.Resolver{Open: a.openVault}
	env := &environ.Environment{Find: secrets.Find, AllowUnsafe: o.allowUnsafe, Warn: a.warn}
	if err := env.Inherit(a.environ, a.opensVault); err != nil {
		return nil, err
	}
	for _, path := range o.envFiles {
		text, err := input.ReadFile(path, input.MaxFile, "the environment")
		if err != nil {
			return nil, err
		}
		if err := env.AddFile(path, string(text)); err != nil {
			return nil, err
		}
	}
	for _, arg := range o.secrets {
		if err := env.AddSecret(arg); err != nil {
			return nil, err
		}
	}
	return env, nil
}

// opensVault reports whether a variable holds the means to open the vault, which the command must not get.
func (a *app) opensVault(name string) bool {
	switch name {
	case "SECRET_KEY_FILE":
		return true
	case "CREDENTIALS_DIRECTORY":
		entries, err := os.ReadDir(a.getenv(name))
		return err == nil && len(entries) == 1 && entries[0].Name() == unlock.CredentialName
	}
	return false
}

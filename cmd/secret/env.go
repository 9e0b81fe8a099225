package main

import (
	"slices"
	"strings"

	"example.org/secret/cmd/secret/internal/environ"
	"example.org/secret/cmd/secret/internal/picked"
	"example.org/secret/cmd/secret/internal/usage"

	"github.com/spf13/cobra"
)

type envOptions struct {
	shell       string
	allowUnsafe bool
}

func newEnvCommand(a *app) *cobra.Command {
	var o envOptions
	cmd := &cobra.Command{
		Use:   "env NAME[=PREFIX]...",
		Short: "Print secrets as variables for a shell to evaluate",
		Long: `Print commands that set variables to secrets, for a shell or direnv to evaluate.
The variables are called as with secret run, which is the better way where it is
one command that needs them: a variable of your shell reaches every program that
you start.`,
		Example: `  eval "$(secret env stripe prod/db=DB_)"
  secret env stripe --shell fish | source
  secret env stripe --shell powershell | Out-String | Invoke-Expression
  echo 'eval "$(secret env stripe)"' >> .envrc      for direnv
  secret env prod/db=DB_ --shell dotenv > .env`,
		Args: usage.Args(1, -1),
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return a.secretNames(false), noFiles
		},
		RunE: func(_ *cobra.Command, args []string) error { return a.runEnv(o, args) },
	}
	cmd.Flags().StringVar(&o.shell, "shell", "sh", "sh, bash, zsh, fish, powershell or dotenv (a .env file)")
	cmd.Flags().BoolVar(&o.allowUnsafe, environ.AllowUnsafeFlag, false, "let secrets set PATH, LD_PRELOAD and the like")
	_ = cmd.RegisterFlagCompletionFunc("shell", cobra.FixedCompletions(environ.Dialects(), noFiles))
	return cmd
}

func (a *app) runEnv(o envOptions, args []string) error {
	if !slices.Contains(environ.Dialects(), o.shell) {
		return usage.Errorf("unknown shell %q; use one of %s", o.shell, strings.Join(environ.Dialects(), ", "))
	}
	secrets := picked.Resolver{Open: a.openVault}
	var b strings.Builder
	for _, arg := range args {
		ref, prefix, err := environ.ParseArg(arg)
		if err != nil {
			return err
		}
		p, err := secrets.Find(ref)
		if err != nil {
			return err
		}
		variables, err := environ.Variables(p, prefix)
		if err != nil {
			return err
		}
		for _, v := range variables {
			if environ.IsUnsafe(v.Name) && !o.allowUnsafe {
				return environ.RefuseUnsafe(v.Name, string(p.Secret.Name))
			}
			b.WriteString(environ.Assignment(o.shell, v))
		}
	}
	return a.out.Text([]byte(b.String()))
}

package main

import (
	"slices"
	"strings"

	"al.essio.dev/pkg/shellescape"
	"github.com/spf13/cobra"
)

type envOptions struct {
	shell       string
	allowUnsafe bool
}

// envShells are the shells that secret env writes for.
func envShells() []string {
	return []string{"sh", "bash", "zsh", "fish", "powershell", "dotenv"}
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
		Args: argCount(1, -1),
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return a.secretNames(false), noFiles
		},
		RunE: func(_ *cobra.Command, args []string) error { return a.runEnv(o, args) },
	}
	cmd.Flags().StringVar(&o.shell, "shell", "sh", "sh, bash, zsh, fish, powershell or dotenv (a .env file)")
	cmd.Flags().BoolVar(&o.allowUnsafe, allowUnsafeFlag, false, "let secrets set PATH, LD_PRELOAD and the like")
	_ = cmd.RegisterFlagCompletionFunc("shell", cobra.FixedCompletions(envShells(), noFiles))
	return cmd
}

func (a *app) runEnv(o envOptions, args []string) error {
	if !slices.Contains(envShells(), o.shell) {
		return usagef("%q is not a shell that is known here; use one of %s", o.shell, strings.Join(envShells(), ", "))
	}
	secrets := resolver{app: a}
	var b strings.Builder
	for _, arg := range args {
		ref, prefix, err := parseSecretArg(arg)
		if err != nil {
			return err
		}
		p, err := secrets.pick(ref)
		if err != nil {
			return err
		}
		variables, err := p.variables(prefix)
		if err != nil {
			return err
		}
		for _, v := range variables {
			if isUnsafeVariable(v.name) && !o.allowUnsafe {
				return refuseUnsafe(v.name, string(p.secret.Name))
			}
			b.WriteString(assignment(o.shell, v.name, string(v.value)))
		}
	}
	return a.printText([]byte(b.String()))
}

// assignment is the line that sets an exported variable in a shell.
func assignment(shell, name, value string) string {
	switch shell {
	case "fish":
		return "set -gx " + name + " '" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(value) + "'\n"
	case "powershell":
		// PowerShell takes typographic quotes for its own.
		return "$env:" + name + " = '" + strings.NewReplacer("'", "''", "‘", "‘‘", "’", "’’", "‚", "‚‚", "‛", "‛‛").Replace(value) + "'\n"
	case "dotenv":
		return name + "=" + quoteDotenv(value) + "\n"
	}
	return "export " + name + "=" + shellescape.Quote(value) + "\n"
}

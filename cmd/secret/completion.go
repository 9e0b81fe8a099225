package main

import (
	"example.org/secret/cmd/secret/internal/output"
	"example.org/secret/cmd/secret/internal/usage"

	"github.com/spf13/cobra"
)

//go:generate sh -c "mkdir -p ../../completions"
//go:generate sh -c "go run . completion bash >../../completions/secret.bash"
//go:generate sh -c "go run . completion zsh >../../completions/secret.zsh"
//go:generate sh -c "go run . completion fish >../../completions/secret.fish"
//go:generate sh -c "go run . completion powershell >../../completions/secret.ps1"

// shells are the shells for which there are completions, by the ending of the file.
var shells = []string{"bash", "zsh", "fish", "powershell"}

func newCompletionCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "completion bash | zsh | fish | powershell",
		Short: "Print the completion script of a shell",
		Long: `Print the script that makes a shell complete commands, and the names, fields,
labels and versions of secrets. Packages install it; otherwise load it where your
shell starts.`,
		Example: `  source <(secret completion bash)
  secret completion zsh > "${fpath[1]}/_secret"
  secret completion fish > ~/.config/fish/completions/secret.fish
  secret completion powershell | Out-String | Invoke-Expression`,
		Args:              usage.Args(1, 1),
		ValidArgsFunction: cobra.FixedCompletions(shells, noFiles),
		RunE: func(cmd *cobra.Command, args []string) error {
			root := cmd.Root()
			switch args[0] {
			case "bash":
				return output.Wrap(root.GenBashCompletionV2(a.out.Stdout, true))
			case "zsh":
				return output.Wrap(root.GenZshCompletion(a.out.Stdout))
			case "fish":
				return output.Wrap(root.GenFishCompletion(a.out.Stdout, true))
			case "powershell":
				return output.Wrap(root.GenPowerShellCompletionWithDesc(a.out.Stdout))
			}
			return usage.Errorf("unknown shell %q; use bash, zsh, fish or powershell", args[0])
		},
	}
}

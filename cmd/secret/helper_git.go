package main

import (
	"example.org/secret/cmd/secret/internal/loginhelper/git"
	"example.org/secret/cmd/secret/internal/usage"

	"github.com/spf13/cobra"
)

func newGitHelperCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "git get | store | erase",
		Short: "Be a credential helper of git",
		Long: `Be a credential helper of git, as git-credential-secret: answer the request on
standard input. Logins are credentials named git/HOST, a second user's of a host
git/USER@HOST; with credential.useHttpPath the path is behind the host. A host of
another protocol than https has that before it, as git/http+HOST. A plaintext secret
of such a name is a token, for any user.

What git erases, because it was refused, is deleted with a recovery window.`,
		Example: `  git config --global credential.helper secret
  git config --global credential.helper '!secret helper git'
  secret set git/github.com --username me       store a token beforehand`,
		Args:              usage.Args(1, 1),
		ValidArgsFunction: cobra.FixedCompletions(git.Actions(), noFiles),
		RunE:              func(_ *cobra.Command, args []string) error { return a.runGitHelper(args[0]) },
	}
}

func (a *app) runGitHelper(action string) error {
	answer, err := git.Serve(a.openVault, action, a.stdin)
	if err != nil {
		return err
	}
	return a.out.Write([]byte(answer))
}

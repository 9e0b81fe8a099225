package main

import (
	"runtime"
	"strings"

	"example.org/secret/cmd/secret/internal/loginhelper"
	"example.org/secret/cmd/secret/internal/picked"
	"example.org/secret/cmd/secret/internal/usage"

	"github.com/spf13/cobra"
)

func newHelperCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "helper",
		Short: "Give passwords to git, docker, aws, kubectl, ssh and sudo",
		Long: `Give passwords to programs that ask a helper for them. secret helper install sets
one up; the others are called by those programs.`,
		Example: `  secret helper install git
  secret helper install docker
  secret helper install aws prod/aws --profile prod
  secret helper uninstall git`,
		Args: usage.UnknownCommand,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(
		newHelperInstallCommand(a), newHelperUninstallCommand(a), newGitHelperCommand(a), newDockerHelperCommand(a),
		newAWSHelperCommand(a), newKubernetesHelperCommand(a), newAskpassCommand(a))
	return cmd
}

func (a *app) find(reference string) (picked.Value, error) {
	return (&picked.Resolver{Open: a.openVault}).Parse(reference)
}

func (a *app) findWhole(reference string) (picked.Value, error) {
	p, err := a.find(reference)
	if err == nil && !p.IsWhole() {
		return picked.Value{}, usage.Errorf("%q is not a secret with fields", reference)
	}
	return p, err
}

// helperPrograms returns the programs for which there are helpers.
func helperPrograms() []string { return []string{"git", "docker", "aws", "kubernetes", "askpass"} }

func unknownHelper(program string) error {
	return usage.Errorf("unknown program %q; there are helpers for %s", program, strings.Join(helperPrograms(), ", "))
}

func (a *app) completeHelperPrograms(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	switch {
	case len(args) == 0:
		return helperPrograms(), noFiles
	case len(args) == 1 && (args[0] == "aws" || args[0] == "kubernetes"):
		return a.secretNames(false), noFiles
	}
	return nil, noFiles
}

func (a *app) newInstaller(dir string) (loginhelper.Installer, error) {
	program, err := loginhelper.FindProgram()
	return loginhelper.Installer{
		Program: program, Dir: dir, GOOS: runtime.GOOS, Getenv: a.getenv, Tool: a.tool(), Say: a.out.Sayf, Warn: a.out.Warnf,
	}, err
}

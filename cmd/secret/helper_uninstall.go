package main

import (
	"example.org/secret/cmd/secret/internal/loginhelper/askpass"
	"example.org/secret/cmd/secret/internal/loginhelper/docker"
	"example.org/secret/cmd/secret/internal/loginhelper/git"
	"example.org/secret/cmd/secret/internal/usage"

	"github.com/spf13/cobra"
)

func newHelperUninstallCommand(a *app) *cobra.Command {
	var dir string
	cmd := &cobra.Command{
		Use:               "uninstall git | docker | askpass",
		Short:             "Undo an install",
		Long:              "Undo an install, and change nothing else. The passwords stay in the vault.",
		Example:           "  secret helper uninstall git",
		Args:              usage.Args(1, 1),
		ValidArgsFunction: a.completeHelperPrograms,
		RunE:              func(_ *cobra.Command, args []string) error { return a.runHelperUninstall(dir, args[0]) },
	}
	cmd.Flags().StringVar(&dir, "dir", "", "where the link is")
	return cmd
}

func (a *app) runHelperUninstall(dir, program string) error {
	installer, err := a.newInstaller(dir)
	if err != nil {
		return err
	}
	switch program {
	case "git":
		return git.Uninstall(installer)
	case "docker":
		return docker.Uninstall(installer)
	case "askpass":
		return askpass.Uninstall(installer)
	case "aws", "kubernetes":
		return usage.Errorf("remove the lines from the configuration of %s yourself; install only printed them", program)
	}
	return unknownHelper(program)
}

package main

import (
	"path/filepath"
	"slices"

	"example.org/secret/cmd/secret/internal/loginhelper"
	"example.org/secret/cmd/secret/internal/loginhelper/askpass"
	"example.org/secret/cmd/secret/internal/loginhelper/aws"
	"example.org/secret/cmd/secret/internal/loginhelper/docker"
	"example.org/secret/cmd/secret/internal/loginhelper/git"
	"example.org/secret/cmd/secret/internal/loginhelper/kubernetes"
	"example.org/secret/cmd/secret/internal/usage"

	"github.com/spf13/cobra"
)

type helperInstallOptions struct{ dir, registry, profile string }

func newHelperInstallCommand(a *app) *cobra.Command {
	var o helperInstallOptions
	cmd := &cobra.Command{
		Use:   "install git | docker | askpass | aws NAME | kubernetes NAME",
		Short: "Make a program ask secret for its passwords",
		Long: `Make a program ask secret for its passwords.

  git         links git-credential-secret and adds it to credential.helper in
              git's global configuration
  docker      links docker-credential-secret and makes it the credsStore in docker's
              config.json, or with --registry one registry's credHelper
  askpass     links secret-askpass and prints the variables to set
  aws         prints the profile for ~/.aws/config
  kubernetes  prints the user for ~/.kube/config

The links are made beside this program, or in ~/.local/bin where it is not yours,
or in --dir. secret helper uninstall takes all of it back.`,
		Example: `  secret helper install git
  secret helper install docker --registry ghcr.io
  secret helper install aws prod/aws --profile prod >> ~/.aws/config
  eval "$(secret helper install askpass)"`,
		Args:              usage.Args(1, 2),
		ValidArgsFunction: a.completeHelperPrograms,
		RunE:              func(_ *cobra.Command, args []string) error { return a.runHelperInstall(o, args) },
	}
	flags := cmd.Flags()
	flags.StringVar(&o.dir, "dir", "", "where to put the link; it has to be in PATH")
	flags.StringVar(&o.registry, "registry", "", "of docker: this registry only")
	flags.StringVar(&o.profile, "profile", "default", "of aws: the profile's name")
	return cmd
}

func (a *app) runHelperInstall(o helperInstallOptions, args []string) error {
	program := args[0]
	if program == "kubectl" {
		program = "kubernetes"
	}
	printed := program == "aws" || program == "kubernetes"
	switch {
	case !slices.Contains(helperPrograms(), program):
		return unknownHelper(program)
	case printed && len(args) == 1:
		return usage.Errorf("which secret? Usage: secret helper install %s NAME", program)
	case !printed && len(args) == 2:
		return usage.Errorf("%s takes no name of a secret; the helper finds the secret by the request", program)
	case printed:
		return a.printHelper(o, program, args[1])
	case a.vaultFlag != "" || a.keyFileFlag != "":
		return usage.Errorf("%s calls its helper without --vault and --key-file; set them with secret config set instead",
			program)
	}
	installer, err := a.newInstaller(o.dir)
	if err != nil {
		return err
	}
	switch program {
	case "git":
		return git.Install(installer)
	case "docker":
		return docker.Install(installer, o.registry)
	}
	lines, err := askpass.Install(installer)
	if err != nil {
		return err
	}
	return a.out.Printf("%s", lines)
}

// printHelper prints the lines for the configuration of a program whose helper is for one secret.
func (a *app) printHelper(o helperInstallOptions, program, nameArg string) error {
	s, err := a.getSecretMeta(nameArg)
	if err != nil {
		return err
	}
	if err := s.Deleted(); err != nil {
		return err
	}
	flags, err := a.globalFlags()
	if err != nil {
		return err
	}
	self, err := loginhelper.FindProgram()
	if err != nil {
		return err
	}
	if program == "aws" {
		return a.out.Printf("%s", aws.Profile(o.profile, self, flags, s.Name))
	}
	return a.out.Printf("%s", kubernetes.User(self, flags, s.Name))
}

// globalFlags returns the flags for the vault and the key that the user names now.
func (a *app) globalFlags() ([]string, error) {
	var flags []string
	for _, flag := range []struct{ name, path string }{{"--vault", a.vaultFlag}, {"--key-file", a.keyFileFlag}} {
		if flag.path == "" {
			continue
		}
		path, err := filepath.Abs(flag.path)
		if err != nil {
			return nil, err
		}
		flags = append(flags, flag.name, path)
	}
	return flags, nil
}

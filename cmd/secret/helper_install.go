package main

import (
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"al.essio.dev/pkg/shellescape"
	"github.com/spf13/cobra"
)

type helperOptions struct {
	dir      string
	registry string
	profile  string
}

var helperUsers = []string{"git", "docker", "aws", "kubernetes", "askpass"}

func newHelperInstallCommand(a *app) *cobra.Command {
	var o helperOptions
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
		Args:              argCount(1, 2),
		ValidArgsFunction: a.completeHelperUsers,
		RunE:              func(_ *cobra.Command, args []string) error { return a.runHelperInstall(o, args) },
	}
	flags := cmd.Flags()
	flags.StringVar(&o.dir, "dir", "", "where to put the link; it has to be in PATH")
	flags.StringVar(&o.registry, "registry", "", "of docker: this registry only")
	flags.StringVar(&o.profile, "profile", "default", "of aws: the profile's name")
	return cmd
}

func (a *app) completeHelperUsers(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	switch {
	case len(args) == 0:
		return helperUsers, noFiles
	case len(args) == 1 && (args[0] == "aws" || args[0] == "kubernetes"):
		return a.secretNames(false), noFiles
	}
	return nil, noFiles
}

func (a *app) runHelperInstall(o helperOptions, args []string) error {
	if args[0] == "kubectl" {
		args[0] = "kubernetes"
	}
	needsName := args[0] == "aws" || args[0] == "kubernetes"
	switch {
	case !slices.Contains(helperUsers, args[0]):
		return usagef("there is no helper for %q; there are %s", args[0], strings.Join(helperUsers, ", "))
	case needsName && len(args) == 1:
		return usagef("which secret? Usage: secret helper install %s NAME", args[0])
	case !needsName && len(args) == 2:
		return usagef("%s takes no secret's name; what it asks for is found by that", args[0])
	}
	program, err := a.program()
	if err != nil {
		return err
	}
	if !needsName && (a.vaultFlag != "" || a.keyFileFlag != "") {
		return usagef("%s calls its helper without --vault and --key-file; set them with secret config set instead", args[0])
	}
	switch args[0] {
	case "git":
		return a.installGit(o, program)
	case "docker":
		return a.installDocker(o, program)
	case "askpass":
		return a.installAskpass(o, program)
	}
	s, err := a.getSecretMeta(args[1])
	if err != nil {
		return err
	}
	if err := s.Deleted(); err != nil {
		return err
	}
	global, err := a.globalFlags()
	if err != nil {
		return err
	}
	if args[0] == "aws" {
		section := "profile " + o.profile
		if o.profile == "default" {
			section = o.profile
		}
		var flags strings.Builder
		for _, flag := range global {
			flags.WriteString(" " + quotePath(flag))
		}
		// The file that it is added to may lack the end of its last line.
		return a.printf("\n[%s]\ncredential_process = %s%s helper aws %s\n", section, quotePath(program), &flags, s.Name)
	}
	return a.printf(`users:
- name: %s
  user:
    exec:
      apiVersion: %s
      command: %q
      args: [%s]
      interactiveMode: IfAvailable
`, strings.ReplaceAll(string(s.Name), "/", "-"), kubernetesVersion, program, quotedList(append(global, "helper", "kubernetes", string(s.Name))))
}

// globalFlags are those that say which vault and key were meant.
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

func quotedList(words []string) string {
	var quoted []string
	for _, word := range words {
		quoted = append(quoted, strconv.Quote(word))
	}
	return strings.Join(quoted, ", ")
}

// quotePath quotes as the AWS tools do, which know double quotes only.
func quotePath(path string) string {
	if strings.ContainsAny(path, " \t") {
		return `"` + path + `"`
	}
	return path
}

func (a *app) installAskpass(o helperOptions, program string) error {
	path, err := a.link(o, "secret-askpass", program)
	if err != nil {
		return err
	}
	path = shellescape.Quote(path)
	return a.printf("export SSH_ASKPASS=%s SSH_ASKPASS_REQUIRE=force\nexport SUDO_ASKPASS=%s\n", path, path)
}

const gitHelper = "credential.helper"

func (a *app) installGit(o helperOptions, program string) error {
	path, err := a.link(o, "git-credential-secret", program)
	if err != nil {
		return err
	}
	value := "secret"
	if !a.inPath(filepath.Dir(path)) {
		value = shellescape.Quote(path)
	}
	configured, err := a.tool().Run("", "git", "config", "--global", "--get-all", gitHelper)
	if err != nil {
		configured = "" // exit code 1 is for none
	}
	helpers := strings.Fields(configured)
	if slices.Contains(strings.Split(configured, "\n"), value) {
		a.sayf("Git's %s is %s already.\n", gitHelper, value)
		return nil
	}
	if _, err := a.tool().Run("", "git", "config", "--global", "--add", gitHelper, value); err != nil {
		return err
	}
	a.sayf("Added %s to git's %s. To take it back: secret helper uninstall git\n", value, gitHelper)
	if len(helpers) > 0 {
		a.warnf("git stores passwords with its other helpers as well; see: git config --global --get-all %s", gitHelper)
	}
	return nil
}

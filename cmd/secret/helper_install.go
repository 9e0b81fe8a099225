package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"example.org/secret/vault"

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

func newHelperUninstallCommand(a *app) *cobra.Command {
	var o helperOptions
	cmd := &cobra.Command{
		Use:               "uninstall git | docker | askpass",
		Short:             "Take back what install did",
		Long:              "Take back what install did, and nothing that somebody else set. The passwords stay in the vault.",
		Example:           "  secret helper uninstall git",
		Args:              argCount(1, 1),
		ValidArgsFunction: a.completeHelperUsers,
		RunE:              func(_ *cobra.Command, args []string) error { return a.runHelperUninstall(o, args[0]) },
	}
	cmd.Flags().StringVar(&o.dir, "dir", "", "where the link is")
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

// program is where this program is: as found in PATH, if that is this one, since
// such a path outlives an upgrade.
func (a *app) program() (string, error) {
	self, err := os.Executable()
	if err != nil {
		return "", fmt.Errorf("looking for this program: %w", err)
	}
	found, err := exec.LookPath("secret")
	if err != nil {
		return self, nil
	}
	infoSelf, errSelf := os.Stat(self)
	infoFound, errFound := os.Stat(found)
	if errSelf == nil && errFound == nil && os.SameFile(infoSelf, infoFound) {
		return filepath.Abs(found)
	}
	return self, nil
}

// link makes this program known by another name and returns where.
func (a *app) link(o helperOptions, name, program string) (string, error) {
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	dirs, err := a.linkDirs(o, program)
	if err != nil {
		return "", err
	}
	for _, dir := range dirs {
		path := filepath.Join(dir, name)
		if isLinkTo(path, program) {
			return path, nil
		}
		if dir != filepath.Dir(program) {
			if err := os.MkdirAll(dir, 0o755); err != nil {
				return "", fmt.Errorf("making a place for %s: %w", name, err)
			}
		}
		err = os.Symlink(program, path)
		if err == nil {
			a.sayf("Linked %s to %s.\n", path, program)
			return path, nil
		}
		if errors.Is(err, fs.ErrExist) {
			return "", vault.Errorf(vault.ErrExists, "%s", path+" is there already and is something else; remove it, or choose another --dir")
		}
	}
	return "", fmt.Errorf("linking %s: %w", name, err)
}

// linkDirs are the places for a link, the best first.
func (a *app) linkDirs(o helperOptions, program string) ([]string, error) {
	if o.dir != "" {
		dir, err := filepath.Abs(o.dir)
		return []string{dir}, err
	}
	dirs := []string{filepath.Dir(program)}
	if home := a.getenv("HOME"); home != "" {
		dirs = append(dirs, filepath.Join(home, ".local", "bin"))
	}
	return dirs, nil
}

func isLinkTo(path, program string) bool {
	info, err := os.Lstat(path)
	if err != nil || info.Mode().Type() != fs.ModeSymlink {
		return false
	}
	infoPath, errPath := os.Stat(path)
	infoProgram, errProgram := os.Stat(program)
	return errPath == nil && errProgram == nil && os.SameFile(infoPath, infoProgram)
}

func (a *app) inPath(dir string) bool {
	return slices.Contains(filepath.SplitList(a.getenv("PATH")), dir)
}

func (a *app) unlink(o helperOptions, name string) error {
	program, err := a.program()
	if err != nil {
		return err
	}
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	dirs, err := a.linkDirs(o, program)
	if err != nil {
		return err
	}
	for _, dir := range dirs {
		path := filepath.Join(dir, name)
		if !isLinkTo(path, program) {
			continue
		}
		err := os.Remove(path)
		if errors.Is(err, fs.ErrPermission) {
			continue // the package's
		}
		if err != nil {
			return fmt.Errorf("removing the link: %w", err)
		}
		a.sayf("Removed %s.\n", path)
	}
	return nil
}

func (a *app) runHelperUninstall(o helperOptions, user string) error {
	switch user {
	case "git":
		return a.uninstallGit(o)
	case "docker":
		return a.uninstallDocker(o)
	case "askpass":
		return a.unlink(o, "secret-askpass")
	case "aws", "kubernetes":
		return usagef("remove the lines from the configuration of %s yourself; install only printed them", user)
	}
	return usagef("there is no helper for %q; there are %s", user, strings.Join(helperUsers, ", "))
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
	configured, err := a.runTool("", "git", "config", "--global", "--get-all", gitHelper)
	if err != nil {
		configured = "" // exit code 1 is for none
	}
	helpers := strings.Fields(configured)
	if slices.Contains(strings.Split(configured, "\n"), value) {
		a.sayf("Git's %s is %s already.\n", gitHelper, value)
		return nil
	}
	if _, err := a.runTool("", "git", "config", "--global", "--add", gitHelper, value); err != nil {
		return err
	}
	a.sayf("Added %s to git's %s. To take it back: secret helper uninstall git\n", value, gitHelper)
	if len(helpers) > 0 {
		a.warnf("git stores passwords with its other helpers as well; see: git config --global --get-all %s", gitHelper)
	}
	return nil
}

func (a *app) uninstallGit(o helperOptions) error {
	configured, err := a.runTool("", "git", "config", "--global", "--get-all", gitHelper)
	if err != nil {
		configured = ""
	}
	for value := range strings.SplitSeq(strings.TrimSpace(configured), "\n") {
		if value != "secret" && !strings.HasSuffix(strings.Trim(value, "'"), string(filepath.Separator)+"git-credential-secret") {
			continue
		}
		if _, err := a.runTool("", "git", "config", "--global", "--fixed-value", "--unset-all", gitHelper, value); err != nil {
			return err
		}
		a.sayf("Removed %s from git's %s.\n", value, gitHelper)
	}
	return a.unlink(o, "git-credential-secret")
}

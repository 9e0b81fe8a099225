package main

import (
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
)

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

func (a *app) uninstallGit(o helperOptions) error {
	configured, err := a.tool().Run("", "git", "config", "--global", "--get-all", gitHelper)
	if err != nil {
		configured = ""
	}
	for value := range strings.SplitSeq(strings.TrimSpace(configured), "\n") {
		if value != "secret" && !strings.HasSuffix(strings.Trim(value, "'"), string(filepath.Separator)+"git-credential-secret") {
			continue
		}
		if _, err := a.tool().Run("", "git", "config", "--global", "--fixed-value", "--unset-all", gitHelper, value); err != nil {
			return err
		}
		a.sayf("Removed %s from git's %s.\n", value, gitHelper)
	}
	return a.unlink(o, "git-credential-secret")
}

func (a *app) uninstallDocker(o helperOptions) error {
	c, err := a.readDockerConfig()
	if err != nil {
		return err
	}
	changed := c.store == "secret"
	if changed {
		c.store = ""
	}
	for registry, helper := range c.helpers {
		if helper == "secret" {
			delete(c.helpers, registry)
			changed = true
		}
	}
	if changed {
		if err := c.write(); err != nil {
			return err
		}
		a.sayf("Took it out of docker's configuration %s.\n", c.path)
	}
	return a.unlink(o, "docker-credential-secret")
}

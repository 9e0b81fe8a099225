package git

import (
	"path/filepath"
	"slices"
	"strings"

	"example.org/secret/cmd/secret/internal/loginhelper"

	"al.essio.dev/pkg/shellescape"
)

const (
	program = "git-credential-secret"
	setting = "credential.helper"
)

// Install adds the helper to git's global configuration.
func Install(i loginhelper.Installer) error {
	path, err := i.Link(program)
	if err != nil {
		return err
	}
	value := "secret"
	if !i.InPath(filepath.Dir(path)) {
		value = shellescape.Quote(path)
	}
	helpers := configured(i)
	if slices.Contains(helpers, value) {
		i.Say("Git's %s is %s already.\n", setting, value)
		return nil
	}
	if _, err := i.Tool.Run("", "git", "config", "--global", "--add", setting, value); err != nil {
		return err
	}
	i.Say("Added %s to git's %s. To take it back: secret helper uninstall git\n", value, setting)
	if len(helpers) > 0 {
		i.Warn("git stores passwords with its other helpers as well; see: git config --global --get-all %s", setting)
	}
	return nil
}

// Uninstall removes the helper from git's global configuration, and no other.
func Uninstall(i loginhelper.Installer) error {
	for _, value := range configured(i) {
		if value != "secret" && !strings.HasSuffix(strings.Trim(value, "'"), string(filepath.Separator)+program) {
			continue
		}
		if _, err := i.Tool.Run("", "git", "config", "--global", "--fixed-value", "--unset-all", setting, value); err != nil {
			return err
		}
		i.Say("Removed %s from git's %s.\n", value, setting)
	}
	return i.Unlink(program)
}

// configured returns git's helpers. Git exits with 1 if there is none.
func configured(i loginhelper.Installer) []string {
	text, err := i.Tool.Run("", "git", "config", "--global", "--get-all", setting)
	if text = strings.TrimSpace(text); err != nil || text == "" {
		return nil
	}
	return strings.Split(text, "\n")
}

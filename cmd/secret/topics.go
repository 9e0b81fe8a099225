package main

import (
	_ "embed"
	"strings"

	"example.org/secret/cmd/secret/internal/settings"

	"github.com/spf13/cobra"
)

// The topics of help that are no command. Each is a man page as well.
var (
	//go:embed help/keys.txt
	keysHelp string
	//go:embed help/versions.txt
	versionsHelp string
	//go:embed help/rotation.txt
	rotationHelp string
	//go:embed help/scripts.txt
	scriptsHelp string
	//go:embed help/backup.txt
	backupHelp string
	//go:embed help/security.txt
	securityHelp string
	//go:embed help/exit-codes.txt
	exitCodesHelp string
)

func newTopics() []*cobra.Command {
	topics := []*cobra.Command{
		{Use: "keys", Short: "Where the master key is, and keys for single secrets", Long: keysHelp},
		{Use: "versions", Short: "Versions, labels, names and kinds", Long: versionsHelp},
		{Use: "scripts", Short: "Use in scripts: bytes, references, JSON", Long: scriptsHelp},
		{Use: "backup", Short: "Back up a vault, and sync it with git", Long: backupHelp},
		{Use: "security", Short: "The protection that a vault gives, and its limits", Long: securityHelp},
		{Use: "exit-codes", Short: "The meaning of the exit codes", Long: exitCodesHelp},
		{Use: "environment", Short: "The environment variables that count"},
	}
	for _, topic := range topics {
		topic.Long = strings.TrimSuffix(topic.Long, "\n")
	}
	environment := topics[len(topics)-1]
	// The text is made on demand, to keep the start fast.
	environment.SetHelpFunc(func(topic *cobra.Command, args []string) {
		topic.Long = environmentText()
		topic.Root().HelpFunc()(topic, args)
	})
	return topics
}

func environmentText() string {
	var b strings.Builder
	for _, s := range settings.All() {
		b.WriteString(s.Env + "\n      " + s.About + " (" + s.Name + " in the configuration file)\n")
	}
	b.WriteString(`CREDENTIALS_DIRECTORY
      where systemd puts credentials; one named secret-key is the master key
SECRET_ASKPASS
      the secret that secret-askpass answers every prompt with
VISUAL, EDITOR
      the editor of secret edit
XDG_CONFIG_HOME, XDG_DATA_HOME, XDG_CACHE_HOME
      where the configuration file, the default vault and the cache of list are`)
	return b.String()
}

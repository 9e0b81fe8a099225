package main

import (
	"strings"

	"example.org/secret/cmd/secret/internal/settings"

	"github.com/spf13/cobra"
)

const exitCodesText = `0    done
1    failed
2    wrong usage: a bad name, value or option; nothing was changed
3    no such secret, version, label or field
4    no key: it is locked away, absent or the wrong one
5    it exists already, or is busy
6    damaged data, or data that somebody tampered with
130  interrupted at a prompt

secret run exits as its command did; 126 if it could not be run, 127 if it was not
found.`

func newExitCodesTopic() *cobra.Command {
	return &cobra.Command{Use: "exit-codes", Short: "What the exit codes mean", Long: exitCodesText}
}

func newEnvironmentTopic() *cobra.Command {
	topic := &cobra.Command{Use: "environment", Short: "The environment variables that count"}
	// The text is made on demand, to keep the start fast.
	topic.SetHelpFunc(func(topic *cobra.Command, args []string) {
		topic.Long = environmentText()
		topic.Root().HelpFunc()(topic, args)
	})
	return topic
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

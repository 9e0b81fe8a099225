package main

import (
	"os"

	"example.org/secret/cmd/secret/internal/usage"

	"github.com/spf13/cobra"
)

const (
	groupSecrets  = "secrets"
	groupVersions = "versions"
	groupPrograms = "programs"
	groupFiles    = "files"
	groupRotation = "rotation"
	groupVault    = "vault"
)

func newRootCommand(a *app) *cobra.Command {
	root := &cobra.Command{
		Use:   "secret",
		Short: "Keep API keys and credentials in a local encrypted vault",
		Long: `Keep API keys, credentials and other secrets in a local encrypted vault, with
their history, and hand them to programs. The master key is in the keyring of
the operating system, in a key file, or behind a passphrase.`,
		Example: `  secret init                       make a vault
  secret set openai/key             store a value (asks for it)
  secret get openai/key             print it`,
		Args:              usage.UnknownCommand,
		RunE:              a.welcome,
		SilenceErrors:     true,
		SilenceUsage:      true,
		DisableAutoGenTag: true,
		Version:           versionText(),
	}
	root.CompletionOptions.HiddenDefaultCmd = true
	root.PersistentPreRunE = func(cmd *cobra.Command, _ []string) error {
		if err := usage.CheckGroups(cmd); err != nil {
			return err
		}
		return usage.CheckEmpty(cmd)
	}
	root.SetFlagErrorFunc(usage.FlagError)
	flags := root.PersistentFlags()
	flags.StringVar(&a.vaultFlag, "vault", "", "the vault's directory")
	flags.StringVar(&a.keyFileFlag, "key-file", "", "a file with the master key, or an SSH key or age identity")
	root.AddGroup(
		&cobra.Group{ID: groupSecrets, Title: "Secrets:"},
		&cobra.Group{ID: groupVersions, Title: "Versions:"},
		&cobra.Group{ID: groupPrograms, Title: "Into programs:"},
		&cobra.Group{ID: groupFiles, Title: "Files of other tools:"},
		&cobra.Group{ID: groupRotation, Title: "Rotation:"},
		&cobra.Group{ID: groupVault, Title: "The vault:"},
	)
	addGroup(root, groupSecrets,
		newSetCommand(a), newGetCommand(a), newListCommand(a), newDescribeCommand(a), newFindCommand(a),
		newEditCommand(a),
		newDeleteCommand(a), newRestoreCommand(a), newPurgeCommand(a), newRenameCommand(a), newCopyCommand(a),
		newTagCommand(a), newUntagCommand(a), newGenerateCommand(a))
	addGroup(root, groupVersions,
		newHistoryCommand(a), newDiffCommand(a), newRollbackCommand(a), newLabelCommand(a))
	addGroup(root, groupPrograms,
		newRunCommand(a), newInjectCommand(a), newEnvCommand(a), newHelperCommand(a), newServeCommand(a))
	addGroup(root, groupFiles, newImportCommand(a), newExportCommand(a))
	addGroup(root, groupRotation,
		newRotateCommand(a), newRotationCommand(a))
	addGroup(root, groupVault,
		newInitCommand(a), newUnlockCommand(a), newLockCommand(a), newKeyCommand(a), newConfigCommand(a),
		newCompletionCommand(a), newVersionCommand(a))
	root.SetHelpCommand(newHelpCommand())
	root.AddCommand(newRotatorAlias(a), newManCommand(a), newClearClipboardCommand(a))
	root.AddCommand(newTopics()...)
	return root
}

func addGroup(root *cobra.Command, group string, commands ...*cobra.Command) {
	for _, command := range commands {
		command.GroupID = group
		root.AddCommand(command)
	}
}

// welcome is the answer to a bare call: help, and the first command to run.
func (a *app) welcome(cmd *cobra.Command, _ []string) error {
	if err := cmd.Help(); err != nil {
		return err
	}
	if dir, err := a.vaultDir(); err == nil {
		if _, err := os.Stat(dir); os.IsNotExist(err) {
			a.out.Sayf("\nThere is no vault yet. Make one: secret init\n")
		}
	}
	return nil
}

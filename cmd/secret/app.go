package main

import (
	"crypto/rand"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"time"

	"example.org/secret/cmd/secret/internal/process"
	"example.org/secret/cmd/secret/internal/prompt"
	"example.org/secret/cmd/secret/internal/settings"
	"example.org/secret/crypto/keyring"
	"example.org/secret/crypto/session"
	"example.org/secret/vault"
	"example.org/secret/vault/unlock"

	"github.com/spf13/cobra"
	"golang.org/x/term"
)

// app has everything that the commands take from outside. Tests make their own.
type app struct {
	stdin            io.Reader
	stdout, stderr   io.Writer
	stdinIsTerminal  bool
	stdoutIsTerminal bool
	stderrIsTerminal bool
	prompt           *prompt.Prompter
	// environ is taken before the keyring is asked, which may change our own.
	environ []string
	getenv  func(string) string
	now     func() time.Time
	rand    io.Reader
	keyring keyring.OS
	// sessions holds the master keys that secret unlock put there.
	sessions unlock.Sessions

	vaultFlag   string
	keyFileFlag string
	jsonFlag    bool
	settings    *settings.Settings // nil until loaded
	opened      *vault.Vault       // nil until opened
}

func newApp() *app {
	a := &app{
		stdin:            os.Stdin,
		stdout:           standardOutput(),
		stderr:           os.Stderr,
		stdinIsTerminal:  term.IsTerminal(int(os.Stdin.Fd())),
		stdoutIsTerminal: term.IsTerminal(int(os.Stdout.Fd())),
		stderrIsTerminal: term.IsTerminal(int(os.Stderr.Fd())),
		prompt:           &prompt.Prompter{Open: prompt.Open},
		environ:          os.Environ(),
		getenv:           os.Getenv,
		now:              time.Now,
		rand:             rand.Reader,
		sessions:         session.Kernel{},
	}
	a.keyring = keyring.OS{Getenv: a.getenv, Timeout: a.keyringTimeout()}
	return a
}

// keyringTimeout leaves a user the time to unlock the keyring, and does not let cron wait.
func (a *app) keyringTimeout() time.Duration {
	if a.stderrIsTerminal || a.getenv("DISPLAY") != "" || a.getenv("WAYLAND_DISPLAY") != "" {
		return time.Minute
	}
	return 5 * time.Second
}

// toolTimeout bounds a run of git, of the system's scheduler and the like.
const toolTimeout = time.Minute

// tool returns the way to run a program that has nothing to ask.
func (a *app) tool() process.Tool { return process.Tool{Environ: a.environ, Timeout: toolTimeout} }

// run executes one command line and returns the exit code.
func run(a *app, args []string) (code int) {
	defer func() {
		// The value of a panic could be a secret.
		if r := recover(); r != nil {
			fmt.Fprintf(a.stderr, "secret: internal error (%T); please report it with what you typed, without values\n%s", r, debug.Stack())
			code = exitFailed
		}
	}()
	root := newRootCommand(a)
	root.SetArgs(args)
	root.SetIn(a.stdin)
	help := &helpWriter{to: a.stdout}
	root.SetOut(help)
	root.SetErr(a.stderr)
	err := root.Execute()
	if err == nil {
		err = wrapWrite(help.err)
	}
	return a.report(err)
}

// helpWriter remembers the first error of a write, because cobra ignores it.
type helpWriter struct {
	to  io.Writer
	err error
}

func (w *helpWriter) Write(p []byte) (int, error) {
	n, err := w.to.Write(p)
	if w.err == nil {
		w.err = err
	}
	return n, err
}

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
		Args:              unknownCommand,
		RunE:              a.welcome,
		SilenceErrors:     true,
		SilenceUsage:      true,
		DisableAutoGenTag: true,
		Version:           versionText(),
	}
	root.CompletionOptions.HiddenDefaultCmd = true
	root.PersistentPreRunE = func(cmd *cobra.Command, _ []string) error {
		if err := checkFlagGroups(cmd); err != nil {
			return err
		}
		return checkEmptyFlags(cmd)
	}
	root.SetFlagErrorFunc(flagError)
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
		newSetCommand(a), newGetCommand(a), newListCommand(a), newDescribeCommand(a), newFindCommand(a), newEditCommand(a),
		newDeleteCommand(a), newRestoreCommand(a), newPurgeCommand(a), newRenameCommand(a), newCopyCommand(a),
		newTagCommand(a), newUntagCommand(a), newGenerateCommand(a))
	addGroup(root, groupVersions,
		newHistoryCommand(a), newDiffCommand(a), newRollbackCommand(a), newLabelCommand(a))
	addGroup(root, groupPrograms,
		newRunCommand(a), newInjectCommand(a), newEnvCommand(a), newHelperCommand(a))
	addGroup(root, groupFiles, newImportCommand(a), newExportCommand(a))
	addGroup(root, groupRotation,
		newRotateCommand(a), newRotationCommand(a))
	addGroup(root, groupVault,
		newInitCommand(a), newUnlockCommand(a), newLockCommand(a), newKeyCommand(a), newConfigCommand(a), newCompletionCommand(a), newVersionCommand(a))
	root.SetHelpCommand(newHelpCommand())
	root.AddCommand(newRotatorAlias(a), newManCommand(a), newClearClipboardCommand(a), newExitCodesTopic(), newEnvironmentTopic())
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
			a.sayf("\nThere is no vault yet. Make one: secret init\n")
		}
	}
	return nil
}

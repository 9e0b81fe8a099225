package main

import (
	"errors"

	"example.org/secret/cmd/secret/internal/loginhelper/askpass"
	"example.org/secret/cmd/secret/internal/usage"
	"example.org/secret/vault"

	"github.com/spf13/cobra"
)

func newAskpassCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "askpass PROMPT",
		Short: "Answer a password prompt of ssh, sudo or git",
		Long: `Answer a password prompt, as secret-askpass for SSH_ASKPASS, SUDO_ASKPASS and
GIT_ASKPASS. The answer to the passphrase of a key is the secret ssh/FILE, named as
the key's file; to USER@HOST's password ssh/USER@HOST; to sudo's sudo/USER; to git's
what is stored for git. ` + askpass.Variable + ` names another secret for all of them.

What is not stored, and questions to confirm, such as whether a host is known, are
asked at the terminal. Where there is none they are refused.`,
		Example: `  secret set ssh/id_ed25519
  SSH_ASKPASS=secret-askpass SSH_ASKPASS_REQUIRE=force ssh-add ~/.ssh/id_ed25519
  SUDO_ASKPASS=/usr/bin/secret-askpass sudo -A true
  ` + askpass.Variable + `=work/key SSH_ASKPASS=secret-askpass ssh build`,
		Args: usage.Args(1, 1),
		RunE: func(_ *cobra.Command, args []string) error { return a.runAskpass(args[0]) },
	}
}

func (a *app) runAskpass(prompt string) error {
	question, err := askpass.Parse(prompt)
	if err != nil || a.getenv(askpass.PromptVariable) != "" {
		return a.relay(prompt, usage.Errorf(
			"%q is not a question that a secret answers; name the secret in %s if it is for a password",
			prompt, askpass.Variable))
	}
	named := a.getenv(askpass.Variable)
	p, err := question.Find(a.openVault, named)
	if errors.Is(err, askpass.ErrNotNamed) || errors.Is(err, vault.ErrNotFound) && named == "" {
		return a.relay(prompt, err)
	}
	if err != nil {
		return err
	}
	line, err := question.Line(p)
	if err != nil {
		return err
	}
	return a.out.Printf("%s\n", line)
}

// relay has the user at the terminal answer. Without a terminal it returns the refusal.
func (a *app) relay(prompt string, refusal error) error {
	t, err := a.prompt.Terminal()
	if err != nil {
		return refusal
	}
	defer t.Close()
	answer, err := askpass.Relay(t, prompt, a.getenv(askpass.PromptVariable))
	if errors.Is(err, askpass.ErrDeclined) {
		return &exitError{exitFailed, ""}
	}
	if err != nil {
		return err
	}
	return a.out.Printf("%s", answer)
}

package main

import (
	"errors"
	"fmt"
	"os"

	"example.org/secret/cmd/secret/internal/edit"
	"example.org/secret/cmd/secret/internal/memory"
	"example.org/secret/cmd/secret/internal/picked"
	"example.org/secret/cmd/secret/internal/usage"
	"example.org/secret/rotate"
	"example.org/secret/vault"

	"github.com/spf13/cobra"
)

func newEditCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "edit NAME",
		Short: "Edit a secret in your editor",
		Long: `Edit the value, the description and the tags of a secret as YAML, in $VISUAL or
$EDITOR. The text is kept in memory-backed storage while you edit, and nothing is
stored if nothing changed.`,
		Example: `  secret edit stripe
  EDITOR="code --wait" secret edit prod/db`,
		Args:              usage.Args(1, 1),
		ValidArgsFunction: a.completeNames(1),
		RunE:              func(_ *cobra.Command, args []string) error { return a.runEdit(args[0]) },
	}
}

func (a *app) runEdit(nameArg string) error {
	v, name, err := a.openNamed(nameArg)
	if err != nil {
		return err
	}
	original, err := picked.Find(v, vault.Reference{Name: name})
	if err != nil {
		return err
	}
	before := edit.Document{Annotations: original.Secret.Annotations, Value: original.Version.Value}
	text, err := before.Encode(original.Secret, original.Version)
	if err != nil {
		return err
	}
	session, err := a.newEditSession()
	if err != nil {
		return err
	}
	defer session.Close()
	after, err := session.Edit(text, original.Secret.Kind, func(after edit.Document) error {
		scratch, err := v.Get(name)
		if err != nil {
			return err
		}
		return after.ApplyTo(scratch, before)
	})
	if err != nil && !errors.Is(err, edit.ErrGivenUp) && session.Changed(text) {
		return fmt.Errorf("%w (your text is kept in %s; delete it when done)", err, session.Keep())
	}
	if err != nil {
		return err
	}
	if after.Equal(before) {
		a.out.Sayf("Nothing changed.\n")
		return nil
	}
	_, err = v.Update(name, func(s *vault.Secret) error {
		if s.Revision != original.Secret.Revision {
			return vault.Errorf(vault.ErrBusy, "%q was changed by another process meanwhile", name)
		}
		return after.ApplyTo(s, before)
	})
	if err != nil {
		// The work of the user is worth more than tidiness.
		return fmt.Errorf("%w (your text is kept in %s; delete it when done)", err, session.Keep())
	}
	if rotate.UnderWay(original.Secret) && !after.Value.Equal(before.Value) {
		a.warnGivenUp(name)
	}
	a.out.Sayf("Stored %s.\n", name)
	return nil
}

func (a *app) newEditSession() (*edit.Session, error) {
	base, inMemory := memory.Dir(a.getenv)
	if !inMemory {
		a.out.Warnf("there is no memory-backed directory; the text goes to %s while you edit", base)
	}
	return edit.NewSession(base, edit.Options{
		Getenv: a.getenv, Environ: a.environ, Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr,
		Confirm: a.prompt.Confirm, Warn: a.out.Warnf,
	})
}

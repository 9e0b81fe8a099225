package main

import (
	"errors"

	"example.org/secret/cmd/secret/internal/input"
	"example.org/secret/cmd/secret/internal/usage"
	"example.org/secret/rotate"
	"example.org/secret/vault"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

type setOptions struct {
	value       input.Spec
	description string
	tags        []string
	onlyNew     bool
	keepValue   bool
	labels      []string
	key         string
}

func newSetCommand(a *app) *cobra.Command {
	var o setOptions
	cmd := &cobra.Command{
		Use:     "set NAME [KEY=VALUE | KEY=@FILE | KEY=- | KEY]...",
		Aliases: []string{"put", "add", "insert", "create", "write"},
		Short:   "Store a secret, or a new version of it",
		Long: `Store a secret, or a new version of one that is there. The old versions stay in
its history.

A secret is one of three kinds. A plaintext secret is one value of any bytes: it
is asked for, read from standard input (less one trailing newline) or from a file.
Pairs make a kv secret: KEY=@FILE reads a file, KEY=- standard input, KEY alone
asks, and KEY=@@TEXT is a value that begins with @. --credential, or one of its
flags, makes a credential: a username, a password and where they are for; only the
password is asked for.

A new version of a credential keeps the fields that are not named, but gets a new
password; one of a kv secret has just the pairs that are given. With --merge both
keep all that is not given.

--key puts all versions of the secret under a value key (secret key new), or with
--key master back under the vault's own. A secret stays under the key that it has.`,
		Example: `  secret set openai/key
  pass show openai | secret set openai/key
  secret set tls/cert --file cert.pem
  secret set stripe KEY OTHER=@file THIRD=-
  secret set prod/db --merge --host db2.example.org
  secret set prod/db --username app --engine postgres --host db.example.org --generate
  secret set prod/db --from-url -
  secret set prod/db --credential --label next --description "billing"
  secret set payroll/db --key payroll --username app
  secret set stripe --key payroll --keep-value`,
		Args:              usage.Args(1, -1),
		ValidArgsFunction: a.completeNames(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.value.Pairs = args[1:]
			return a.runSet(o, cmd.Flags(), args[0])
		},
	}
	flags := cmd.Flags()
	o.value.AddFlags(cmd)
	flags.StringVar(&o.description, "description", "", "the purpose of the secret")
	flags.StringArrayVar(&o.tags, "tag", nil, "a tag, as `KEY=VALUE`")
	flags.BoolVar(&o.onlyNew, "new", false, "refuse if the secret exists")
	flags.BoolVar(&o.keepValue, "keep-value", false, "change only the description, the tags and the key")
	flags.StringArrayVar(&o.labels, "label", nil, "give the new version this `label` and do not make it current")
	flags.StringVar(&o.key, "key", "", "put the secret's values under this value `key`; master is the vault's own")
	cmd.MarkFlagsMutuallyExclusive("new", "merge")
	cmd.MarkFlagsMutuallyExclusive("new", "keep-value")
	_ = cmd.RegisterFlagCompletionFunc("label", a.completeLabels)
	_ = cmd.RegisterFlagCompletionFunc("key", a.completeKeys)
	return cmd
}

func (a *app) runSet(o setOptions, flags *pflag.FlagSet, nameArg string) error {
	if o.keepValue && (o.value.Given() || len(o.labels) > 0) {
		return usage.Errorf("--keep-value keeps the value; leave out the flags and pairs that make another")
	}
	if err := o.value.Check(); err != nil {
		return err
	}
	name, err := vault.ParseName(nameArg)
	if err != nil {
		return err
	}
	labels, err := parseLabels(o.labels)
	if err != nil {
		return err
	}
	tags, err := parseTags(o.tags)
	if err != nil {
		return err
	}
	v, err := a.openVault()
	if err != nil {
		return err
	}
	existing, err := a.beforeSet(v, name, o.onlyNew)
	if err != nil {
		return err
	}
	key := keyChoice{o.key, flags.Changed("key")}
	commit := v.Upsert
	if o.keepValue && !key.given {
		commit = v.UpdateMeta
	} else if err := key.reach(v, existing); err != nil {
		return err
	}
	var version input.Version
	if !o.keepValue {
		source, err := a.source()
		if err != nil {
			return err
		}
		if version, err = o.value.Read(source, existing, name); err != nil {
			return err
		}
	} else if existing == nil {
		return vault.Errorf(vault.ErrNotFound, "there is no secret named %q whose value could be kept", name)
	}
	stored, err := commit(name, func(s *vault.Secret) error {
		if o.onlyNew && s.Exists() {
			return nameTaken(name)
		}
		for _, label := range labels {
			if err := keepUnderWay(s, label); err != nil {
				return err
			}
		}
		if err := key.applyTo(s); err != nil {
			return err
		}
		if !o.keepValue {
			if err := version.AddTo(s, labels); err != nil {
				return err
			}
		}
		if flags.Changed("description") {
			if err := s.SetDescription(o.description); err != nil {
				return err
			}
		}
		return applyTags(s, tags)
	})
	if err != nil {
		return err
	}
	if len(stored.Versions) == 0 {
		a.out.Sayf("Stored %s, which has no value yet.\n", name)
		return nil
	}
	if existing != nil && rotate.UnderWay(existing) && existing.Labels[vault.Current] != stored.Labels[vault.Current] {
		a.warnGivenUp(name)
	}
	a.out.Sayf("Stored %s, version %d.\n", name, stored.Versions[len(stored.Versions)-1].Number)
	return nil
}

// beforeSet returns the existing secret. It refuses a command that cannot succeed before the user types a value.
func (a *app) beforeSet(v *vault.Vault, name vault.Name, onlyNew bool) (*vault.Secret, error) {
	existing, err := v.GetMeta(name)
	switch {
	case errors.Is(err, vault.ErrNotFound):
		return nil, nil
	case err != nil:
		return nil, err
	case existing.Deleted() != nil:
		return nil, vault.Errorf(vault.ErrExists, "%v; restore it, or delete it with --force first", existing.Deleted())
	case onlyNew:
		return nil, nameTaken(name)
	}
	return existing, nil
}

func nameTaken(name vault.Name) error {
	return vault.Errorf(vault.ErrExists, "there is a secret named %q already; leave out --new to store a new version",
		name)
}

// source returns the source of values that the user gives.
func (a *app) source() (input.Source, error) {
	settings, err := a.loadSettings()
	if err != nil {
		return input.Source{}, err
	}
	return input.Source{
		Stdin: a.stdin, StdinIsTerminal: a.stdinIsTerminal, Prompt: a.prompt,
		Rand: a.rand, Rules: settings.Password, Warn: a.out.Warnf,
	}, nil
}

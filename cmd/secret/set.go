package main

import (
	"errors"
	"maps"
	"strings"

	"example.org/secret/cmd/secret/internal/picked"
	"example.org/secret/cmd/secret/internal/ruleflags"
	"example.org/secret/rotate"
	"example.org/secret/vault"
	"example.org/secret/vault/password"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

type setOptions struct {
	kv, credential bool
	values         valueOptions
	fields         map[string]*string // of a credential, by the flag's name
	fromURL        string
	description    string
	tags           []string
	onlyNew        bool
	merge          bool
	keepValue      bool
	labels         []string
	key            string
}

func newSetCommand(a *app) *cobra.Command {
	o := setOptions{fields: map[string]*string{}}
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
		Args:              argCount(1, -1),
		ValidArgsFunction: a.completeNames(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.runSet(o, cmd.Flags(), args[0], args[1:])
		},
	}
	flags := cmd.Flags()
	flags.BoolVar(&o.kv, "kv", false, "make a secret of pairs")
	flags.BoolVar(&o.credential, "credential", false, "make a credential")
	for _, name := range picked.PublicFields() {
		o.fields[name] = flags.String(name, "", "the "+name+" of a credential")
	}
	flags.StringVar(&o.fromURL, "from-url", "", "the fields of a credential as a URL; - asks for it or reads it from standard input")
	flags.StringVar(&o.description, "description", "", "what the secret is for")
	flags.StringArrayVar(&o.tags, "tag", nil, "a tag, as `KEY=VALUE`")
	flags.BoolVar(&o.onlyNew, "new", false, "refuse if the secret exists")
	flags.BoolVar(&o.merge, "merge", false, "keep the fields that are not given")
	flags.BoolVar(&o.keepValue, "keep-value", false, "change only the description, the tags and the key")
	flags.StringArrayVar(&o.labels, "label", nil, "give the new version this `label` and do not make it current")
	flags.StringVar(&o.key, "key", "", "put the secret's values under this value `key`; master is the vault's own")
	o.values.addFlags(cmd)
	cmd.MarkFlagsMutuallyExclusive("kv", "credential")
	cmd.MarkFlagsMutuallyExclusive("new", "merge")
	cmd.MarkFlagsMutuallyExclusive("new", "keep-value")
	_ = cmd.RegisterFlagCompletionFunc("label", a.completeLabels)
	_ = cmd.RegisterFlagCompletionFunc("key", a.completeKeys)
	return cmd
}

// check refuses options that would have no effect.
func (o setOptions) check(flags *pflag.FlagSet, pairs []string) error {
	if o.keepValue {
		valued := len(pairs) > 0
		makesValue := append(picked.PublicFields(),
			"kv", "credential", "from-url", "file", "value", "generate", "merge", "label")
		for _, name := range makesValue {
			valued = valued || flags.Changed(name)
		}
		if valued {
			return usagef("--keep-value keeps the value; leave out the flags and pairs that make another")
		}
	}
	if name := ruleflags.Overlay(new(password.Rules), flags); name != "" && !o.values.generate {
		return usagef("--%s is for a password that is made; add --generate", name)
	}
	return nil
}

func (a *app) runSet(o setOptions, flags *pflag.FlagSet, nameArg string, pairs []string) error {
	if err := o.check(flags, pairs); err != nil {
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
	var value newValue
	if !o.keepValue {
		if value, err = a.newValue(o, flags, existing, name, pairs); err != nil {
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
			if err := value.addTo(s, labels); err != nil {
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
	if existing != nil && rotate.UnderWay(existing) && existing.Labels[vault.Current] != stored.Labels[vault.Current] {
		a.warnGivenUp(name)
	}
	a.sayf("Stored %s, version %d.\n", name, stored.Versions[len(stored.Versions)-1].Number)
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
		return nil, vault.Errorf(vault.ErrExists, "%s", existing.Deleted().Error()+"; restore it, or delete it with --force first")
	case onlyNew:
		return nil, nameTaken(name)
	}
	return existing, nil
}

func nameTaken(name vault.Name) error {
	return vault.Errorf(vault.ErrExists, "there is a secret named %q already; leave out --new to store a new version",
		name)
}

// newValue is the next version, as the command line describes it.
type newValue struct {
	kind  vault.Kind
	value vault.Value
	merge bool
}

// addTo runs under the lock. It merges with the present value, which may have changed while the user typed.
func (n newValue) addTo(s *vault.Secret, labels []vault.Label) error {
	value := n.value
	if n.merge && s.Exists() {
		current, err := s.Find(vault.Selector{})
		if err != nil {
			return err
		}
		value = current.Merged(value)
	}
	return s.Add(vault.NewVersion{Kind: n.kind, Value: value, Origin: vault.OriginSet, Labels: labels})
}

func (a *app) newValue(
	o setOptions, flags *pflag.FlagSet, existing *vault.Secret, name vault.Name, pairs []string,
) (newValue, error) {
	kind, err := o.kind(flags, existing, name, pairs)
	if err != nil {
		return newValue{}, err
	}
	n := newValue{kind: kind, merge: o.merge || kind == vault.Credential}
	if o.merge && kind == vault.Plaintext {
		return newValue{}, usagef("--merge is for secrets with fields; %q is a plaintext secret", name)
	}
	switch kind {
	case vault.Plaintext:
		n.value.Plain, err = a.readValue(&o.values, flags, "Value of "+string(name))
	case vault.KV:
		if len(pairs) == 0 {
			return newValue{}, usagef("%q is a kv secret; give its pairs as KEY=VALUE, KEY=@FILE or KEY", name)
		}
		n.value.Fields, err = a.readPairs(pairs, &o.values)
	case vault.Credential:
		n.value.Fields, err = a.readCredential(o, flags, existing, name, pairs)
	}
	return n, err
}

// kind returns the kind of secret that the arguments make. If they leave it open, it is the kind that the secret has.
func (o setOptions) kind(
	flags *pflag.FlagSet, existing *vault.Secret, name vault.Name, pairs []string,
) (vault.Kind, error) {
	credential := o.credential || o.fromURL != ""
	for _, flag := range picked.PublicFields() {
		credential = credential || flags.Changed(flag)
	}
	var kind vault.Kind
	switch {
	case credential && o.kv:
		return "", usagef("a kv secret has no --username or other flags of a credential; give pairs")
	case credential:
		kind = vault.Credential
	case o.kv:
		kind = vault.KV
	case existing != nil && (existing.Kind == vault.Credential || len(pairs) == 0):
		kind = existing.Kind
	case len(pairs) > 0:
		kind = vault.KV
	default:
		kind = vault.Plaintext
	}
	if existing != nil && existing.Kind != kind {
		return "", usagef("%q is a %s secret and cannot become a %s one; choose another name, or delete it first",
			name, existing.Kind, kind)
	}
	if kind == vault.KV && o.values.explicit(flags) {
		return "", usagef("--value, --file and --generate are for one value; %q is a kv secret, so give KEY=VALUE or KEY=@FILE",
			name)
	}
	if kind == vault.KV && !o.kv && existing == nil {
		for _, pair := range pairs {
			if !strings.Contains(pair, "=") && len(pairs) == 1 {
				// The argument is not repeated, because it may be a value.
				return "", usagef("the word behind %q may be a value or a key; give a value at a prompt, through a pipe or with "+
					"--value, and a key as KEY=… or with --kv", name)
			}
		}
	}
	return kind, nil
}

func (a *app) readCredential(
	o setOptions, flags *pflag.FlagSet, existing *vault.Secret, name vault.Name, pairs []string,
) (map[string]vault.Bytes, error) {
	fields := map[string]vault.Bytes{}
	if o.fromURL != "" {
		fromURL, err := a.readCredentialURL(o.fromURL)
		if err != nil {
			return nil, err
		}
		maps.Copy(fields, fromURL)
	}
	extra, err := a.readPairs(pairs, &o.values)
	if err != nil {
		return nil, err
	}
	maps.Copy(fields, extra)
	for _, flag := range picked.PublicFields() {
		if flags.Changed(flag) {
			fields[flag] = vault.Bytes(*o.fields[flag])
		}
	}
	_, given := fields["password"]
	if given && o.values.explicit(flags) {
		return nil, usagef("the password of %q is given twice; leave out --value, --file or --generate, or the other",
			name)
	}
	kept := o.merge && existing != nil && len(fields) > 0 && !o.values.explicit(flags)
	if !given && !kept {
		if fields["password"], err = a.readValue(&o.values, flags, "Password of "+string(name)); err != nil {
			return nil, err
		}
	}
	return fields, nil
}

package input

import (
	"maps"
	"strings"

	"example.org/secret/cmd/secret/internal/picked"
	"example.org/secret/cmd/secret/internal/ruleflags"
	"example.org/secret/cmd/secret/internal/usage"
	"example.org/secret/vault"
	"example.org/secret/vault/password"

	"github.com/spf13/cobra"
)

// Spec is the value of a secret as the command line describes it.
type Spec struct {
	Pairs []string // KEY=VALUE, KEY=@FILE, KEY=- and KEY

	flags          Flags
	kv, credential bool
	fields         map[string]*string // of a credential, by the flag's name
	fromURL        string
	merge          bool
}

// AddFlags adds the flags for the kind and the value to a command.
func (s *Spec) AddFlags(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.BoolVar(&s.kv, "kv", false, "make a secret of pairs")
	flags.BoolVar(&s.credential, "credential", false, "make a credential")
	s.fields = map[string]*string{}
	for _, name := range picked.PublicFields() {
		s.fields[name] = flags.String(name, "", "the "+name+" of a credential")
	}
	flags.StringVar(&s.fromURL, "from-url", "",
		"the fields of a credential as a URL; - asks for it or reads it from standard input")
	flags.BoolVar(&s.merge, "merge", false, "keep the fields that are not given")
	s.flags.Add(cmd)
	cmd.MarkFlagsMutuallyExclusive("kv", "credential")
}

// Given reports whether the user describes a value at all.
func (s *Spec) Given() bool {
	if len(s.Pairs) > 0 || s.isCredential() || s.kv || s.merge || s.flags.explicit() {
		return true
	}
	return s.flags.given.Changed("from-url")
}

// Check refuses flags that would have no effect.
func (s *Spec) Check() error {
	if name := ruleflags.Overlay(new(password.Rules), s.flags.given); name != "" && !s.flags.generate {
		return usage.Errorf("--%s is for a password that is made; add --generate", name)
	}
	return nil
}

// isCredential reports whether the flags make a credential.
func (s *Spec) isCredential() bool {
	credential := s.credential || s.fromURL != ""
	for name := range s.fields {
		credential = credential || s.flags.given.Changed(name)
	}
	return credential
}

// Version is a version of a secret in the making.
type Version struct {
	Kind  vault.Kind
	Value vault.Value
	merge bool
}

// AddTo adds the version. It merges with the present value, which may have changed while the user typed.
func (n Version) AddTo(s *vault.Secret, labels []vault.Label) error {
	value := n.Value
	if n.merge && len(s.Versions) > 0 {
		current, err := s.Find(vault.Selector{})
		if err != nil {
			return err
		}
		value = current.Merged(value)
	}
	return s.Add(vault.NewVersion{Kind: n.Kind, Value: value, Origin: vault.OriginSet, Labels: labels})
}

// Read reads the value for the secret name. existing is nil if there is no such secret yet. The error is
// [vault.ErrInvalid] if the arguments do not go together or do not fit the secret.
func (s *Spec) Read(from Source, existing *vault.Secret, name vault.Name) (Version, error) {
	kind, err := s.kind(existing, name)
	if err != nil {
		return Version{}, err
	}
	n := Version{Kind: kind, merge: s.merge || kind == vault.Credential}
	if s.merge && kind == vault.Plaintext {
		return Version{}, usage.Errorf("--merge is for secrets with fields; %q is a plaintext secret", name)
	}
	switch kind {
	case vault.Plaintext:
		n.Value.Plain, err = from.value(&s.flags, "Value of "+string(name))
	case vault.KV:
		if len(s.Pairs) == 0 {
			return Version{}, usage.Errorf("%q is a kv secret; give its pairs as KEY=VALUE, KEY=@FILE or KEY", name)
		}
		n.Value.Fields, err = from.pairs(s.Pairs, &s.flags)
	case vault.Credential:
		n.Value.Fields, err = s.readCredential(from, existing, name)
	}
	return n, err
}

// kind returns the kind of secret that the arguments make. If they leave it open, it is the kind that the secret has.
func (s *Spec) kind(existing *vault.Secret, name vault.Name) (vault.Kind, error) {
	if existing != nil && len(existing.Versions) == 0 {
		existing = nil // its first value may be of any kind
	}
	var kind vault.Kind
	switch credential := s.isCredential(); {
	case credential && s.kv:
		return "", usage.Errorf("a kv secret has no --username or other flags of a credential; give pairs")
	case credential:
		kind = vault.Credential
	case s.kv:
		kind = vault.KV
	case existing != nil && (existing.Kind == vault.Credential || len(s.Pairs) == 0):
		kind = existing.Kind
	case len(s.Pairs) > 0:
		kind = vault.KV
	default:
		kind = vault.Plaintext
	}
	if existing != nil && existing.Kind != kind {
		return "", usage.Errorf("%q is a %s secret and cannot become a %s one; choose another name, or delete it first",
			name, existing.Kind, kind)
	}
	if kind == vault.KV && s.flags.explicit() {
		return "", usage.Errorf("--value, --file and --generate are for one value; %q is a kv secret, so give KEY=VALUE "+
			"or KEY=@FILE", name)
	}
	if kind == vault.KV && !s.kv && existing == nil && len(s.Pairs) == 1 && !strings.Contains(s.Pairs[0], "=") {
		return "", usage.Errorf("the word behind %q may be a value or a key; give a value at a prompt, through a pipe or "+
			"with --value, and a key as KEY=… or with --kv", name)
	}
	return kind, nil
}

func (s *Spec) readCredential(from Source, existing *vault.Secret, name vault.Name) (map[string]vault.Bytes, error) {
	fields := map[string]vault.Bytes{}
	if s.fromURL != "" {
		fromURL, err := from.url(s.fromURL)
		if err != nil {
			return nil, err
		}
		maps.Copy(fields, fromURL)
	}
	extra, err := from.pairs(s.Pairs, &s.flags)
	if err != nil {
		return nil, err
	}
	maps.Copy(fields, extra)
	for name, value := range s.fields {
		if s.flags.given.Changed(name) {
			fields[name] = vault.Bytes(*value)
		}
	}
	_, given := fields["password"]
	if given && s.flags.explicit() {
		return nil, usage.Errorf("the password of %q is given twice; leave out --value, --file or --generate, or the other",
			name)
	}
	kept := s.merge && existing != nil && len(fields) > 0 && !s.flags.explicit()
	if !given && !kept {
		if fields["password"], err = from.value(&s.flags, "Password of "+string(name)); err != nil {
			return nil, err
		}
	}
	return fields, nil
}

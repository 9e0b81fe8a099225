package main

import (
	"errors"
	"time"

	"example.org/secret/cmd/secret/internal/names"
	"example.org/secret/cmd/secret/internal/otp"
	"example.org/secret/cmd/secret/internal/picked"
	"example.org/secret/cmd/secret/internal/secretview"
	"example.org/secret/cmd/secret/internal/usage"
	"example.org/secret/vault"

	"github.com/spf13/cobra"
)

type getOptions struct {
	version  string
	label    string
	format   string
	otp      bool
	clip     bool
	clipTime time.Duration
}

func newGetCommand(a *app) *cobra.Command {
	var o getOptions
	cmd := &cobra.Command{
		Use:     "get NAME [FIELD]",
		Aliases: []string{"show", "read", "cat"},
		Short:   "Print a secret's value",
		Long: `Print the value of a secret, or of one of its fields, as NAME FIELD, NAME#FIELD or
secret://NAME#FIELD. The bytes are printed exactly; only on a terminal a newline
is added. A secret with fields is printed as a JSON object.

--json prints the version with its metadata, and takes several names.

--clip copies the value, or a credential's password, instead of printing it, through
the desktop or, over SSH, the terminal. --otp gives the one-time code of this
moment, made of a field totp or otp or of the value that is named: the secret in
base32 that the service showed, its otpauth:// URL, or steam:// and the secret. A
code by a counter (otpauth://hotp/) is used up once it is printed; the next counter
is kept in the tag hotp-counter, which makes no new version.

Formats: raw, json, yaml, env (a .env file), shell (export lines to eval) and url
(the connection string of a credential).`,
		Example: `  secret get openai/key
  secret get prod/db password
  secret get secret://prod/db#password?version=3
  secret get prod/db --format url
  eval "$(secret get stripe --format shell)"
  secret get openai/key stripe --json
  secret get github --clip
  secret get github --otp`,
		Args:              usage.Args(1, -1),
		ValidArgsFunction: a.completeGet,
		RunE: func(cmd *cobra.Command, args []string) error {
			if cmd.Flags().Changed("clip-time") && !o.clip {
				return usage.Errorf("--clip-time is for --clip; nothing was printed")
			}
			return a.runGet(o, args)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&o.version, "version", "", "the version's number or id")
	flags.StringVar(&o.label, "label", "", "the version with this label (default current)")
	flags.StringVar(&o.format, "format", "", "raw, json, yaml, env, shell or url")
	flags.BoolVar(&a.jsonFlag, "json", false, "print JSON with the version's number, labels and dates")
	flags.BoolVar(&o.otp, "otp", false, "the one-time code that the secret makes now")
	flags.BoolVarP(&o.clip, "clip", "c", false, "copy to the clipboard")
	flags.DurationVar(&o.clipTime, "clip-time", clipTime, "with --clip: when to clear the clipboard again")
	cmd.MarkFlagsMutuallyExclusive("version", "label")
	cmd.MarkFlagsMutuallyExclusive("clip", "format", "json")
	cmd.MarkFlagsMutuallyExclusive("otp", "json")
	_ = cmd.RegisterFlagCompletionFunc("version", a.completeVersions)
	_ = cmd.RegisterFlagCompletionFunc("label", a.completeLabels)
	_ = cmd.RegisterFlagCompletionFunc("format", cobra.FixedCompletions(secretview.Formats(), noFiles))
	return cmd
}

func (a *app) runGet(o getOptions, args []string) error {
	if len(args) > 2 && !a.jsonFlag {
		return usage.Errorf("several secrets at once are printed with --json; usage: secret get NAME [FIELD]")
	}
	if err := secretview.CheckFormat(o.format); err != nil {
		return err
	}
	var references []vault.Reference
	for i, arg := range args {
		if i == 1 && !a.jsonFlag {
			break
		}
		ref, err := parseReferenceArg(arg, o)
		if err != nil {
			return err
		}
		references = append(references, ref)
	}
	if len(args) == 2 && !a.jsonFlag {
		if references[0].Field != "" {
			return usage.Errorf("the field is given twice: %q and %q", references[0].Field, args[1])
		}
		if err := vault.CheckField(args[1]); err != nil {
			return err
		}
		references[0].Field = args[1]
	}
	v, err := a.openVault()
	if err != nil {
		return err
	}
	var found []picked.Value
	for i, ref := range references {
		if ref.Name == "" {
			if ref.Name, err = names.ByTitle(v, args[i]); err != nil {
				return err
			}
		}
		p, err := picked.Find(v, ref)
		if errors.Is(err, vault.ErrNoSecret) && len(found) == 1 && len(args) == 2 {
			return vault.Errorf(vault.ErrNotFound, "%v; with --json a field is written %s#%s", err, args[0], args[1])
		}
		if err != nil {
			return err
		}
		found = append(found, p)
	}
	if a.jsonFlag {
		return a.view().Picked(found)
	}
	return a.handOver(found[0], o)
}

func (a *app) handOver(p picked.Value, o getOptions) error {
	if o.otp {
		code, left, err := otp.CodeOf(a.opened, p, a.now())
		if err != nil {
			return err
		}
		if left > 0 && a.out.StdoutIsTerminal {
			a.out.Sayf("Valid for %v.\n", left)
		}
		p.Field, p.Bytes = "one-time code", vault.Bytes(code)
	}
	if o.clip {
		return a.copyValue(p, o.clipTime)
	}
	return a.view().Value(p, o.format)
}

// parseReferenceArg parses a name or reference, with the version that flags name.
func parseReferenceArg(arg string, o getOptions) (vault.Reference, error) {
	ref, err := vault.ParseReference(arg)
	if names.MayBeTitle(arg) {
		ref, err = vault.Reference{}, nil // of a name that is looked up in the open vault
	}
	if err != nil {
		return ref, err
	}
	if (o.version != "" || o.label != "") && ref.Version != (vault.Selector{}) {
		return ref, usage.Errorf("the version is given twice, in %q and by a flag", arg)
	}
	switch {
	case o.version != "":
		ref.Version, err = vault.ParseSelector(o.version)
	case o.label != "":
		ref.Version.Label, err = vault.ParseLabel(o.label)
	}
	return ref, err
}

package main

import (
	"errors"
	"slices"
	"strings"

	"example.org/secret/cmd/secret/internal/environ"
	"example.org/secret/cmd/secret/internal/escape"
	"example.org/secret/cmd/secret/internal/names"
	"example.org/secret/cmd/secret/internal/output"
	"example.org/secret/cmd/secret/internal/picked"
	"example.org/secret/cmd/secret/internal/usage"
	"example.org/secret/vault"
	"example.org/secret/vault/exchange"

	"github.com/spf13/cobra"
)

type exportOptions struct {
	format string
	out    string
	yes    bool
}

func newExportCommand(a *app) *cobra.Command {
	var o exportOptions
	cmd := &cobra.Command{
		Use:   "export [NAME | PREFIX | GLOB]...",
		Short: "Write secrets in clear, for other tools",
		Long: `Write the current values of secrets in clear: as JSON or YAML, which secret import
reads back as they were, as a .env file, in the shape of AWS Secrets Manager, or as
Kubernetes manifests. Without arguments all secrets are written.

Standard output has to be a pipe, or a file that only you can read, unless --yes.`,
		Example: `  secret export --out backup.json
  secret export prod/ --format kubernetes | kubectl apply -f -
  secret export myapp --format dotenv --out .env`,
		Args:              usage.Args(0, -1),
		ValidArgsFunction: a.completeNames(1000),
		RunE:              func(_ *cobra.Command, args []string) error { return a.runExport(o, args) },
	}
	flags := cmd.Flags()
	flags.StringVar(&o.format, "format", "json", "json, yaml, dotenv, aws or kubernetes")
	flags.StringVarP(&o.out, "out", "o", "", "a new file to write to, for you alone")
	flags.BoolVarP(&o.yes, "yes", "y", false, "also write to a terminal, or to a file that others can read")
	_ = cmd.RegisterFlagCompletionFunc("format", cobra.FixedCompletions(asStrings(exchange.ExportFormats()), noFiles))
	return cmd
}

func (a *app) runExport(o exportOptions, patterns []string) error {
	if formats := asStrings(exchange.ExportFormats()); !slices.Contains(formats, o.format) {
		return usage.Errorf("%q is not a format that can be written; there are %s", o.format, strings.Join(formats, ", "))
	}
	if o.out == "" && !o.yes {
		if err := a.out.CheckPrivate(); err != nil {
			return err
		}
	}
	v, err := a.openVault()
	if err != nil {
		return err
	}
	entries, err := a.exported(v, patterns)
	if err != nil {
		return err
	}
	text, err := exchange.Export(exchange.Format(o.format), entries, environ.QuoteDotenv)
	if err != nil {
		return usage.Errorf("%v", err)
	}
	if o.out == "" && o.format == "json" && a.out.StdoutIsTerminal {
		return a.out.Write(escape.JSON(string(text)))
	}
	if o.out == "" {
		return a.out.Text(text)
	}
	return output.CreateFile(o.out, text)
}

// exported returns the secrets that the patterns pick. Each pattern must pick one.
func (a *app) exported(v *vault.Vault, patterns []string) ([]exchange.Entry, error) {
	listing, err := a.list(v)
	if err != nil {
		return nil, err
	}
	if err := damage(listing); err != nil {
		return nil, err
	}
	found, err := names.Select(listing.Secrets, patterns)
	if err != nil {
		return nil, err
	}
	var entries []exchange.Entry
	for _, name := range found {
		p, err := picked.Find(v, vault.Reference{Name: name})
		if errors.Is(err, vault.ErrNoValue) {
			a.out.Warnf("%v, and is left out", err)
			continue
		}
		if err != nil {
			return nil, err
		}
		entries = append(entries, exchange.Entry{
			Name: string(name), Kind: p.Kind(), Value: p.Version.Value, Annotations: p.Secret.Annotations,
		})
	}
	return entries, nil
}

package main

import (
	"fmt"

	"example.org/secret/cmd/secret/internal/escape"
	"example.org/secret/cmd/secret/internal/input"
	"example.org/secret/cmd/secret/internal/output"
	"example.org/secret/cmd/secret/internal/picked"
	"example.org/secret/cmd/secret/internal/template"
	"example.org/secret/cmd/secret/internal/usage"
	"example.org/secret/vault/durable"

	"github.com/spf13/cobra"
)

type injectOptions struct {
	in, out string
	force   bool
}

func newInjectCommand(a *app) *cobra.Command {
	var o injectOptions
	cmd := &cobra.Command{
		Use:     "inject [--in FILE] [--out FILE]",
		Aliases: []string{"template"},
		Short:   "Replace references in a template",
		Long: `Copy a template from standard input to standard output, with each reference
replaced by the value it refers to: {{ secret://NAME#FIELD }} with its braces, and
secret://NAME#FIELD without. The braces are needed where the text goes on with a
character that a name or field could have. A secret with fields becomes a JSON
object. Values go in as they are: quoting is the template's affair.

If anything is missing nothing is written. --out writes a file for the user alone
(mode 0600), at once or not at all.`,
		Example: `  secret inject --in app.yaml.tmpl --out app.yaml
  echo 'machine api.example.org password {{ secret://api#password }}' | secret inject --out ~/.netrc
  secret inject < nginx.conf.tmpl | ssh web 'cat > nginx.conf'`,
		Args: usage.NoArgs,
		RunE: func(*cobra.Command, []string) error { return a.runInject(o) },
	}
	flags := cmd.Flags()
	flags.StringVarP(&o.in, "in", "i", "", "read the template from a file")
	flags.StringVarP(&o.out, "out", "o", "", "write to a file")
	flags.BoolVarP(&o.force, "force", "f", false, "let --out replace a file")
	return cmd
}

func (a *app) runInject(o injectOptions) error {
	if o.out == "-" {
		o.out = ""
	}
	if o.out != "" {
		if err := output.CheckFile(o.out, o.force); err != nil {
			return err
		}
	}
	text, err := a.readTemplate(o.in)
	if err != nil {
		return err
	}
	secrets := picked.Resolver{Open: a.openVault}
	text, err = template.Replace(text, func(reference string) ([]byte, error) {
		p, err := secrets.Parse(reference)
		if err != nil {
			return nil, err
		}
		return p.Text()
	})
	if err != nil {
		return err
	}
	if o.out != "" {
		if err := durable.Replace(o.out, text); err != nil {
			return fmt.Errorf("cannot write %s: %w", o.out, err)
		}
		return nil
	}
	if a.out.StdoutIsTerminal && !escape.Harmless(text) {
		return usage.Errorf("the result is binary, or has characters that a terminal would obey; redirect it, or use --out")
	}
	return a.out.Write(text)
}

func (a *app) readTemplate(path string) ([]byte, error) {
	if path == "" || path == "-" {
		return input.ReadAtMost(a.stdin, input.MaxFile, "the template")
	}
	return input.ReadFile(path, input.MaxFile, "the template")
}

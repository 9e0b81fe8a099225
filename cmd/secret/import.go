package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"example.org/secret/cmd/secret/internal/escape"
	"example.org/secret/cmd/secret/internal/importsource"
	"example.org/secret/cmd/secret/internal/output"
	"example.org/secret/cmd/secret/internal/process"
	"example.org/secret/cmd/secret/internal/prompt"
	"example.org/secret/cmd/secret/internal/usage"
	"example.org/secret/vault"
	"example.org/secret/vault/exchange"

	"github.com/spf13/cobra"
)

type importOptions struct {
	format   string
	prefix   string
	name     string
	onClash  string
	identity string
	dryRun   bool
	remove   bool
}

func newImportCommand(a *app) *cobra.Command {
	var o importOptions
	cmd := &cobra.Command{
		Use:   "import FILE | DIR | -",
		Short: "Bring in the secrets of other tools",
		Long: `Bring in the secrets of another tool. The format is guessed from the content, and
said; --format names it instead:

` + importHelp() + `
A directory is one of pass or gopass (opened by gpg) or of passage (opened with
--identity). Attachments, passkeys and old passwords in the exports of password
managers stay where they are.

In JSON and YAML a name with a text is a plaintext secret, a name with texts below
it one with fields, anything above a folder. A list is a plaintext secret with the
text of the list. Each line of a .env file is a secret of its own, unless --name
makes one kv secret of them all; of a variable that is given twice the last line
counts. Letters that a secret's name cannot hold are written in ASCII, other
characters become a hyphen, and the name as it was is kept as the tag title, by
which secret get and secret find know it too.

A CSV file has a column name and one for each field (value is the whole of a plaintext
secret), or it is what Chrome or Firefox exports. Names that are alike get the user's
name or a number.

Of a file of pass the first line is the password, lines of name: value are fields,
an otpauth:// line is the field totp, and the rest the field notes. A file of one
line, a key or anything else that is not laid out so is stored as it is.

Either everything is stored or, on any error, nothing. The plain file is left
where it is, unless you agree to remove it.`,
		Example: `  secret import .env --name myapp
  secret import export.csv --prefix personal/ --dry-run
  secret import ~/.password-store --on-clash skip
  aws secretsmanager batch-get-secret-value --filters Key=name,Values=prod | secret import -
  kubectl get secrets -o yaml | secret import - --prefix cluster/`,
		Args: usage.Args(1, 1),
		RunE: func(_ *cobra.Command, args []string) error { return a.runImport(o, args[0]) },
	}
	flags := cmd.Flags()
	formats := asStrings(exchange.ImportFormats())
	flags.StringVar(&o.format, "format", "", "the format, instead of guessing it: "+strings.Join(formats, ", "))
	flags.StringVar(&o.prefix, "prefix", "", "put this before all names")
	flags.StringVar(&o.name, "name", "", "make one kv secret of this name")
	flags.StringVar(&o.onClash, "on-clash", "fail",
		"if a name is taken: fail, skip, version (store a new version) or overwrite (drop the old history)")
	flags.StringVar(&o.identity, "identity", "", "the age identity file of a passage store")
	flags.BoolVar(&o.dryRun, "dry-run", false, "only list the secrets that would be made")
	flags.BoolVar(&o.remove, "remove-file", false, "remove the plain file afterwards, without asking")
	flags.BoolVar(&a.jsonFlag, "json", false, "print the list of secrets as JSON")
	cmd.MarkFlagsMutuallyExclusive("name", "prefix")
	cmd.MarkFlagsMutuallyExclusive("dry-run", "remove-file")
	_ = cmd.RegisterFlagCompletionFunc("format", cobra.FixedCompletions(formats, noFiles))
	_ = cmd.RegisterFlagCompletionFunc("on-clash", cobra.FixedCompletions(asStrings(exchange.ClashActions()), noFiles))
	return cmd
}

// importHelp returns a line of help for each format.
func importHelp() string {
	var b strings.Builder
	for _, format := range exchange.ImportFormats() {
		fmt.Fprintf(&b, "  %-11s %s\n", format, format.About())
	}
	return b.String()
}

// asStrings returns the texts of formats or actions.
func asStrings[T ~string](values []T) []string {
	texts := make([]string, len(values))
	for i, value := range values {
		texts[i] = string(value)
	}
	return texts
}

func (a *app) runImport(o importOptions, path string) error {
	if actions := asStrings(exchange.ClashActions()); !slices.Contains(actions, o.onClash) {
		return usage.Errorf("%q is not a way to deal with names that are taken; use fail, skip, version or overwrite",
			o.onClash)
	}
	if formats := asStrings(exchange.ImportFormats()); o.format != "" && !slices.Contains(formats, o.format) {
		return usage.Errorf("%q is not a format that can be read; there are %s", o.format, strings.Join(formats, ", "))
	}
	for _, name := range []string{o.prefix, o.name} {
		if _, err := vault.ParseName(name); name != "" && err != nil {
			return err
		}
	}
	source := importsource.Source{
		Path: path, Stdin: a.stdin, Identity: o.identity, Tool: process.Tool{Environ: a.environ},
		Progress: func(files int) { a.out.Sayf("\r\x1b[K%s opened", output.Plural(files, "file")) },
	}
	entries, guessed, err := a.readImport(o, source)
	if err != nil {
		return err
	}
	v, err := a.openVault()
	if err != nil {
		return err
	}
	plan, err := exchange.NewPlan(v, o.prefix, exchange.Action(o.onClash), entries)
	if err != nil {
		return err
	}
	if err := a.store(plan, o.dryRun); err != nil {
		return err
	}
	if guessed != "" {
		fmt.Fprintf(a.out.Stderr, "Format: %s\n", guessed)
	}
	if err := a.printImport(plan, o.dryRun); err != nil || o.dryRun {
		return err
	}
	return a.offerRemoval(source, plan.Skipped(), o.remove)
}

// readImport reads the entries of a source, and returns the format if it is guessed.
func (a *app) readImport(o importOptions, source importsource.Source) (
	entries []exchange.Entry, guessed exchange.Format, err error,
) {
	if source.IsStore() {
		if o.name != "" {
			return nil, "", usage.Errorf("--name is for files; %s is a directory of many secrets", source.Path)
		}
		entries, err := source.ReadStore()
		a.out.Sayf("\r\x1b[K")
		return entries, "", wrongFormat(source.Path, "", err)
	}
	data, err := source.ReadFile()
	if err != nil {
		return nil, "", err
	}
	format := exchange.Format(o.format)
	if format == "" {
		if guessed, err = exchange.Detect(data); err != nil {
			return nil, "", wrongFormat(source.Path, "", err)
		}
		format = guessed
	}
	entries, err = exchange.Parse(format, data)
	for _, entry := range entries {
		for _, warning := range entry.Warnings {
			a.out.Warnf("%s, %s", source.Path, warning)
		}
	}
	if err == nil && o.name != "" {
		entries = slices.DeleteFunc(entries, func(e exchange.Entry) bool { return e.Discarded })
		var pairs exchange.Entry
		pairs, err = exchange.AsPairs(o.name, entries)
		entries = []exchange.Entry{pairs}
	}
	return entries, guessed, wrongFormat(source.Path, format, err)
}

// wrongFormat adds to an error the file, and the format that it was read as.
func wrongFormat(path string, format exchange.Format, err error) error {
	switch {
	case !errors.Is(err, exchange.ErrFormat):
		return err
	case format == "":
		return usage.Errorf("%s: %v", path, err)
	}
	return usage.Errorf("%s, read as %s: %v", path, format, err)
}

// store stores the plan, or only looks whether it could.
func (a *app) store(plan *exchange.Plan, dryRun bool) error {
	ctx, stop := untilInterrupted()
	defer stop()
	defer a.out.Sayf("\r\x1b[K")
	store := plan.Store
	if dryRun {
		store = plan.Check
	}
	err := store(ctx, func(done int) { a.out.Sayf("\r\x1b[K%d of %d", done, plan.Stored()) })
	if errors.Is(err, context.Canceled) {
		return vault.Errorf(prompt.ErrInterrupted, "interrupted; nothing was stored")
	}
	return err
}

// importedJSON is a secret that an import made, or would make.
type importedJSON struct {
	Name   vault.Name      `json:"name"`
	Kind   vault.Kind      `json:"kind,omitempty"`
	Action exchange.Action `json:"action"` // create, version, overwrite or skip
	From   string          `json:"from,omitempty"`
}

func (a *app) printImport(plan *exchange.Plan, dryRun bool) error {
	lines := []importedJSON{}
	var rows [][]string
	for _, item := range plan.Items() {
		line := importedJSON{item.Name, item.Entry.Kind, item.Action, item.Entry.Name}
		if item.Action == exchange.Skip {
			line.Kind, line.From = "", ""
		}
		lines = append(lines, line)
		rows = append(rows, []string{string(line.Action), string(line.Name), string(line.Kind)})
	}
	switch {
	case a.jsonFlag:
		return a.out.JSON(lines)
	case dryRun:
		return a.out.Table([]string{"ACTION", "NAME", "KIND"}, rows)
	}
	fmt.Fprintf(a.out.Stderr, "Stored %s", output.Plural(plan.Stored(), "secret"))
	if skipped := plan.Skipped(); skipped > 0 {
		fmt.Fprintf(a.out.Stderr, ", skipped %d", skipped)
	}
	fmt.Fprintln(a.out.Stderr, ".")
	return nil
}

// offerRemoval reminds of the plain file, and removes it if the user agrees.
func (a *app) offerRemoval(source importsource.Source, skipped int, agreed bool) error {
	advice, removable := source.Remains(skipped)
	if removable && !agreed && a.stdinIsTerminal {
		// Everything is stored: a prompt that fails counts as no.
		agreed, _ = a.prompt.Confirm(source.Path + " still holds the secrets in clear. Remove it?")
	}
	switch {
	case advice == "":
		return nil
	case !removable || !agreed:
		a.out.Warnf("%s", advice)
		return nil
	}
	if err := os.Remove(source.Path); err != nil {
		return fmt.Errorf("everything was stored, but the plain file is still there: %w", err)
	}
	a.out.Sayf("Removed %s. A disk or a backup may still have its content.\n", escape.Text(source.Path))
	return nil
}

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"

	"example.org/secret/cmd/secret/internal/escape"
	"example.org/secret/cmd/secret/internal/names"
	"example.org/secret/cmd/secret/internal/prompt"
	"example.org/secret/vault"
	"example.org/secret/vault/exchange"

	"github.com/spf13/cobra"
)

// maxImportSize is the largest plain file that is read, in bytes.
const maxImportSize = 256 << 20

type importOptions struct {
	format   string
	prefix   string
	name     string
	onClash  string
	identity string
	dryRun   bool
	remove   bool

	guessed bool // the format was not given
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
		Args: argCount(1, 1),
		RunE: func(_ *cobra.Command, args []string) error { return a.runImport(o, args[0]) },
	}
	flags := cmd.Flags()
	flags.StringVar(&o.format, "format", "", "the format, instead of guessing it: "+strings.Join(formatWords(exchange.ImportFormats()), ", "))
	flags.StringVar(&o.prefix, "prefix", "", "put this before all names")
	flags.StringVar(&o.name, "name", "", "make one kv secret of this name")
	flags.StringVar(&o.onClash, "on-clash", "fail", "if a name is taken: fail, skip, version (store a new version) or overwrite (drop the old history)")
	flags.StringVar(&o.identity, "identity", "", "the age identity file of a passage store")
	flags.BoolVar(&o.dryRun, "dry-run", false, "only list the secrets that would be made")
	flags.BoolVar(&o.remove, "remove-file", false, "remove the plain file afterwards, without asking")
	flags.BoolVar(&a.jsonFlag, "json", false, "print the list of secrets as JSON")
	cmd.MarkFlagsMutuallyExclusive("name", "prefix")
	cmd.MarkFlagsMutuallyExclusive("dry-run", "remove-file")
	_ = cmd.RegisterFlagCompletionFunc("format", cobra.FixedCompletions(formatWords(exchange.ImportFormats()), noFiles))
	_ = cmd.RegisterFlagCompletionFunc("on-clash", cobra.FixedCompletions([]string{"fail", "skip", "version", "overwrite"}, noFiles))
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

func formatWords(formats []exchange.Format) []string {
	words := make([]string, len(formats))
	for i, format := range formats {
		words[i] = string(format)
	}
	return words
}

func (a *app) runImport(o importOptions, source string) error {
	if !slices.Contains([]string{"fail", "skip", "version", "overwrite"}, o.onClash) {
		return usagef("%q is not a way to deal with names that are taken; use fail, skip, version or overwrite", o.onClash)
	}
	if o.format != "" && !slices.Contains(exchange.ImportFormats(), exchange.Format(o.format)) {
		return usagef("%q is not a format that can be read; there are %s", o.format, strings.Join(formatWords(exchange.ImportFormats()), ", "))
	}
	for _, name := range []string{o.prefix, o.name} {
		if _, err := vault.ParseName(name); name != "" && err != nil {
			return err
		}
	}
	entries, plain, err := a.readImport(&o, source)
	if err != nil {
		return err
	}
	v, err := a.openVault()
	if err != nil {
		return err
	}
	batch, err := newBatch(v, o, entries)
	if err != nil {
		return err
	}
	if err := batch.store(a, o.dryRun); err != nil {
		return err
	}
	if o.guessed {
		fmt.Fprintf(a.stderr, "Format: %s\n", o.format)
	}
	if err := a.printBatch(batch, o.dryRun); err != nil {
		return err
	}
	if plain && !o.dryRun {
		return a.offerRemoval(o, source, len(batch.skipped))
	}
	return nil
}

// readImport reads the entries of a source, and reports whether the source is a file
// in clear.
func (a *app) readImport(o *importOptions, source string) (entries []exchange.Entry, plain bool, err error) {
	if info, err := os.Stat(source); err == nil && info.IsDir() {
		if o.name != "" {
			return nil, false, usagef("--name is for files; %s is a directory of many secrets", source)
		}
		entries, err := a.readStore(*o, source)
		return entries, false, wrongFormat(source, "", err)
	}
	var data []byte
	if source == "-" {
		data, err = io.ReadAll(io.LimitReader(a.stdin, maxImportSize+1))
	} else {
		plain = true
		data, err = readPlainFile(source)
	}
	switch {
	case err != nil:
		return nil, plain, usagef("reading the import: %v", err)
	case len(data) > maxImportSize:
		return nil, plain, usagef("%s is larger than %d bytes", source, maxImportSize)
	}
	format := exchange.Format(o.format)
	if format == "" {
		if format, err = exchange.Detect(data); err != nil {
			return nil, plain, wrongFormat(source, "", err)
		}
		o.format, o.guessed = string(format), true
	}
	entries, err = exchange.Parse(format, data)
	for _, entry := range entries {
		for _, warning := range entry.Warnings {
			a.warnf("%s, %s", source, warning)
		}
	}
	if err == nil && o.name != "" {
		entries = slices.DeleteFunc(entries, func(e exchange.Entry) bool { return e.Discarded })
		var pairs exchange.Entry
		pairs, err = exchange.AsPairs(o.name, entries)
		entries = []exchange.Entry{pairs}
	}
	return entries, plain, wrongFormat(source, o.format, err)
}

// wrongFormat adds to an error the file, and the format that it was read as.
func wrongFormat(source, format string, err error) error {
	switch {
	case !errors.Is(err, exchange.ErrFormat):
		return err
	case format == "":
		return usagef("%s: %v", source, err)
	}
	return usagef("%s, read as %s: %v", source, format, err)
}

func readPlainFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, maxImportSize+1))
}

// batch is the set of secrets that an import stores.
type batch struct {
	vault   *vault.Vault
	onClash string
	names   []vault.Name
	entries []exchange.Entry
	taken   map[vault.Name]bool
	skipped []vault.Name
}

func newBatch(v *vault.Vault, o importOptions, entries []exchange.Entry) (*batch, error) {
	b := &batch{vault: v, onClash: o.onClash, taken: map[vault.Name]bool{}}
	from := map[vault.Name]string{}
	clashes := 0
	var clash error
	for _, entry := range entries {
		name, err := exchange.MapName(o.prefix, entry.Name)
		if err != nil {
			return nil, usagef("%v", err)
		}
		if other, twice := from[name]; twice {
			return nil, usagef("%q and %q would both be named %q; nothing was stored", other, entry.Name, name)
		}
		from[name] = entry.Name
		s, err := v.GetMeta(name)
		switch {
		case entry.Discarded, err == nil && o.onClash == "skip":
			b.skipped = append(b.skipped, name)
			continue
		case err == nil:
			if clash = s.Deleted(); clash == nil {
				clash = fmt.Errorf("there is a secret named %q already", name)
			}
			clashes++
			b.taken[name] = true
		case !errors.Is(err, vault.ErrNotFound):
			return nil, err
		}
		b.names = append(b.names, name)
		b.entries = append(b.entries, entry)
	}
	if o.onClash != "fail" || clashes == 0 {
		return b, nil
	}
	more := ""
	if clashes > 1 {
		more = fmt.Sprintf(", and %d more are taken", clashes-1)
	}
	return nil, vault.Errorf(vault.ErrExists, "%v%s; nothing was stored; see --on-clash and --prefix", clash, more)
}

// store stores all of the batch or nothing. A dry run only looks whether it could.
func (b *batch) store(a *app, dryRun bool) error {
	ctx, stop := untilInterrupted()
	defer stop()
	defer a.sayf("\r\x1b[K")
	err := b.vault.UpsertAll(ctx, b.names, func(i int, s *vault.Secret) error {
		if err := b.change(s, b.entries[i]); err != nil {
			return fmt.Errorf("%s: %w; nothing was stored", s.Name, err)
		}
		if dryRun {
			return vault.ErrUnchanged
		}
		return nil
	}, func(done int) {
		a.sayf("\r\x1b[K%d of %d", done, len(b.names))
	})
	if errors.Is(err, context.Canceled) {
		return vault.Errorf(prompt.ErrInterrupted, "interrupted; nothing was stored")
	}
	return err
}

func (b *batch) change(s *vault.Secret, entry exchange.Entry) error {
	if s.Exists() && !b.taken[s.Name] {
		return vault.Errorf(vault.ErrExists, "another process made it meanwhile")
	}
	store := s.Add
	if b.onClash == "overwrite" {
		store = s.Replace
	}
	if err := store(vault.NewVersion{Kind: entry.Kind, Value: entry.Value, Origin: vault.OriginImport}); err != nil {
		return err
	}
	if err := s.AddAnnotations(entry.Annotations); err != nil {
		return err
	}
	if !exchange.KeepsLetters(entry.Name) {
		// The title finds the secret again.
		return s.Tag(names.TitleTag, strings.ToValidUTF8(entry.Name[:min(len(entry.Name), 256)], ""))
	}
	return nil
}

// importedJSON is a secret that an import made, or would make.
type importedJSON struct {
	Name   vault.Name `json:"name"`
	Kind   vault.Kind `json:"kind,omitempty"`
	Action string     `json:"action"` // create, version, overwrite or skip
	From   string     `json:"from,omitempty"`
}

func (a *app) printBatch(b *batch, dryRun bool) error {
	lines := []importedJSON{}
	for i, name := range b.names {
		action := "create"
		if b.taken[name] {
			action = b.onClash
		}
		lines = append(lines, importedJSON{name, b.entries[i].Kind, action, b.entries[i].Name})
	}
	for _, name := range b.skipped {
		lines = append(lines, importedJSON{Name: name, Action: "skip"})
	}
	if a.jsonFlag {
		return a.printJSON(lines)
	}
	if dryRun {
		rows := make([][]string, len(lines))
		for i, line := range lines {
			rows[i] = []string{line.Action, string(line.Name), string(line.Kind)}
		}
		return a.printTable([]string{"ACTION", "NAME", "KIND"}, rows)
	}
	fmt.Fprintf(a.stderr, "Stored %s", plural(len(b.names), "secret"))
	if len(b.skipped) > 0 {
		fmt.Fprintf(a.stderr, ", skipped %d", len(b.skipped))
	}
	fmt.Fprintln(a.stderr, ".")
	return nil
}

// offerRemoval reminds of the plain file, and removes it if the user agrees. It keeps
// the file if secrets were skipped, which may be nowhere else.
func (a *app) offerRemoval(o importOptions, path string, skipped int) error {
	info, err := os.Lstat(path)
	switch {
	case err != nil || info.Mode()&(fs.ModeNamedPipe|fs.ModeDevice|fs.ModeSocket) != 0 || strings.HasPrefix(path, "/dev/"):
		return nil // a pipe holds nothing any more
	case skipped > 0:
		a.warnf("%s still holds the secrets in clear, also those that were skipped; remove it when you have looked at them", path)
		return nil
	case !info.Mode().IsRegular():
		a.warnf("%s is a link to a file that still holds the secrets in clear; remove it when you have checked the import", path)
		return nil
	}
	remove := o.remove
	if !remove && a.stdinIsTerminal {
		// Everything is stored: a prompt that fails counts as no.
		remove, _ = a.prompt.Confirm(fmt.Sprintf("%s still holds the secrets in clear. Remove it?", path))
	}
	if !remove {
		a.warnf("%s still holds the secrets in clear; remove it when you have checked the import", path)
		return nil
	}
	if err := os.Remove(path); err != nil {
		return fmt.Errorf("everything was stored, but the plain file is still there: %w", err)
	}
	a.sayf("Removed %s. A disk or a backup may still have its content.\n", escape.Text(path))
	return nil
}

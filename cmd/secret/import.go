package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"example.org/secret/vault"
	"example.org/secret/vault/exchange"

	"filippo.io/age"
	"github.com/spf13/cobra"
)

// maxImportSize bounds what is read of a plain file.
const maxImportSize = 256 << 20

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
		Long: `Bring in the secrets of another tool: a .env file, JSON, YAML or CSV; exports of
KeePassXC (CSV), 1Password (CSV, 1PUX), Bitwarden (CSV, JSON), AWS Secrets Manager
(what batch-get-secret-value prints) and chamber (JSON); the directories of pass
and gopass (opened by gpg) and of passage (opened with --identity). The format is
guessed from the content, and said.

In JSON and YAML a name with a text is a plaintext secret, a name with texts below
it one with fields, anything above a folder. Each line of a .env file is a secret
of its own, unless --name makes one kv secret of them all.

Either everything is stored or, on any error, nothing. The plain file is left
where it is, unless you agree to remove it.`,
		Example: `  secret import .env --name myapp
  secret import export.csv --prefix personal/ --dry-run
  secret import ~/.password-store --on-clash skip
  aws secretsmanager batch-get-secret-value --filters Key=name,Values=prod | secret import -`,
		Args: argCount(1, 1),
		RunE: func(_ *cobra.Command, args []string) error { return a.runImport(o, args[0]) },
	}
	flags := cmd.Flags()
	flags.StringVar(&o.format, "format", "", "the format, instead of guessing it")
	flags.StringVar(&o.prefix, "prefix", "", "put this before all names")
	flags.StringVar(&o.name, "name", "", "make one kv secret of this name")
	flags.StringVar(&o.onClash, "on-clash", "fail", "if a name is taken: fail, skip, version (store a new version) or overwrite (drop the old history)")
	flags.StringVar(&o.identity, "identity", "", "the age identity file of a passage store")
	flags.BoolVar(&o.dryRun, "dry-run", false, "only list what would be made")
	flags.BoolVar(&o.remove, "remove-file", false, "remove the plain file afterwards, without asking")
	flags.BoolVar(&a.jsonFlag, "json", false, "print what was made as JSON")
	cmd.MarkFlagsMutuallyExclusive("name", "prefix")
	cmd.MarkFlagsMutuallyExclusive("dry-run", "remove-file")
	_ = cmd.RegisterFlagCompletionFunc("format", cobra.FixedCompletions(formatWords(exchange.ImportFormats()), noFiles))
	_ = cmd.RegisterFlagCompletionFunc("on-clash", cobra.FixedCompletions([]string{"fail", "skip", "version", "overwrite"}, noFiles))
	return cmd
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
	if o.prefix != "" {
		if _, err := vault.ParseName(o.prefix); err != nil {
			return err
		}
	}
	entries, plain, err := a.readImport(o, source)
	if errors.Is(err, exchange.ErrFormat) {
		return usagef("%s: %v", source, err)
	}
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
	if !o.dryRun {
		if err := batch.store(a); err != nil {
			return err
		}
	}
	if err := a.printBatch(batch, o.dryRun); err != nil {
		return err
	}
	if plain && !o.dryRun {
		return a.offerRemoval(o, source)
	}
	return nil
}

// readImport reads the entries of a source, and tells whether that is a file in
// the clear.
func (a *app) readImport(o importOptions, source string) (entries []exchange.Entry, plain bool, err error) {
	if info, err := os.Stat(source); err == nil && info.IsDir() {
		entries, err := a.readStore(o, source)
		return entries, false, err
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
		return nil, plain, usagef("reading what to import: %v", err)
	case len(data) > maxImportSize:
		return nil, plain, usagef("%s is larger than %d bytes", source, maxImportSize)
	}
	format := exchange.Format(o.format)
	if format == "" {
		if format, err = exchange.Detect(data); err != nil {
			return nil, plain, err
		}
		fmt.Fprintf(a.stderr, "Format: %s\n", format)
	}
	if entries, err = exchange.Parse(format, data); err != nil || o.name == "" {
		return entries, plain, err
	}
	entry, err := exchange.AsPairs(o.name, entries)
	return []exchange.Entry{entry}, plain, err
}

func readPlainFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, maxImportSize+1))
}

// readStore reads the directory of pass, gopass or passage.
func (a *app) readStore(o importOptions, dir string) ([]exchange.Entry, error) {
	store := os.DirFS(dir)
	progress := func(done int) { a.sayf("\r\x1b[K%s opened", plural(done, "file")) }
	defer a.sayf("\r\x1b[K")
	if gpg, _ := fs.Glob(store, "*.gpg"); len(gpg) > 0 || readableFile(filepath.Join(dir, ".gpg-id")) {
		return exchange.ReadStore(store, ".gpg", func(path string, sealed []byte) ([]byte, error) {
			text, err := a.runTool(string(sealed), "gpg", "--quiet", "--batch", "--decrypt")
			if err != nil {
				return nil, fmt.Errorf("opening %s: %w", path, err)
			}
			return []byte(text), nil
		}, progress)
	}
	identities, err := a.storeIdentities(o, dir)
	if err != nil {
		return nil, err
	}
	return exchange.ReadStore(store, ".age", func(path string, sealed []byte) ([]byte, error) {
		r, err := age.Decrypt(bytes.NewReader(sealed), identities...)
		if err != nil {
			return nil, fmt.Errorf("opening %s: %w", path, err)
		}
		return io.ReadAll(io.LimitReader(r, vault.MaxValueSize+1))
	}, progress)
}

func readableFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}

func (a *app) storeIdentities(o importOptions, dir string) ([]age.Identity, error) {
	path := o.identity
	if path == "" {
		path = filepath.Join(filepath.Dir(filepath.Clean(dir)), "identities") // where passage has it
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, usagef("%s has no files of pass; for those of passage give --identity FILE (%v)", dir, err)
	}
	defer f.Close()
	identities, err := age.ParseIdentities(f)
	if err != nil {
		// The library's errors may quote a mistyped key.
		return nil, usagef("%s is not an identity file of age", path)
	}
	return identities, nil
}

// batch is what an import is going to store.
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
	for _, entry := range entries {
		name, err := exchange.MapName(o.prefix, entry.Name)
		if err != nil {
			return nil, usagef("%v", err)
		}
		if other, twice := from[name]; twice {
			return nil, usagef("%q and %q would both be named %q; nothing was stored", other, entry.Name, name)
		}
		from[name] = entry.Name
		_, err = v.Get(name)
		switch {
		case err == nil && o.onClash == "fail":
			return nil, &commandError{vault.ErrExists, fmt.Sprintf("there is a secret named %q already, and nothing was stored; see --on-clash and --prefix", name)}
		case err == nil && o.onClash == "skip":
			b.skipped = append(b.skipped, name)
			continue
		case err == nil:
			b.taken[name] = true
		case !errors.Is(err, vault.ErrNotFound):
			return nil, err
		}
		b.names = append(b.names, name)
		b.entries = append(b.entries, entry)
	}
	return b, nil
}

// store stores all of the batch or nothing.
func (b *batch) store(a *app) error {
	defer a.sayf("\r\x1b[K")
	return b.vault.UpsertAll(b.names, func(i int, s *vault.Secret) error {
		entry := b.entries[i]
		if s.Exists() && !b.taken[s.Name] {
			return &commandError{vault.ErrExists, fmt.Sprintf("%q was made by somebody else meanwhile; nothing was stored", s.Name)}
		}
		if s.Exists() && b.onClash == "overwrite" {
			s.Clear()
		}
		if err := s.Add(vault.NewVersion{Kind: entry.Kind, Value: entry.Value, Origin: vault.OriginImport}); err != nil {
			return err
		}
		if entry.Description != "" {
			if err := s.SetDescription(entry.Description); err != nil {
				return err
			}
		}
		return applyTags(s, entry.Tags)
	}, func(done int) {
		a.sayf("\r\x1b[K%d of %d", done, len(b.names))
	})
}

// importedJSON is a line of what an import made, or would make.
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

// offerRemoval reminds of the plain file, and removes it if that is wanted.
func (a *app) offerRemoval(o importOptions, path string) error {
	remove := o.remove
	if !remove && a.stdinIsTerminal {
		yes, err := a.confirm(fmt.Sprintf("%s still holds the secrets in clear. Remove it?", path))
		if err != nil {
			return err
		}
		remove = yes
	} else if !remove {
		a.warnf("%s still holds the secrets in clear; remove it when you have checked the import", visible(path))
	}
	if !remove {
		return nil
	}
	if err := os.Remove(path); err != nil {
		return fmt.Errorf("everything was stored, but the plain file is still there: %w", err)
	}
	a.sayf("Removed %s. A disk or a backup may still have its content.\n", path)
	return nil
}

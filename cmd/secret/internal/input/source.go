package input

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"example.org/secret/cmd/secret/internal/connurl"
	"example.org/secret/cmd/secret/internal/prompt"
	"example.org/secret/cmd/secret/internal/ruleflags"
	"example.org/secret/cmd/secret/internal/usage"
	"example.org/secret/vault"
	"example.org/secret/vault/password"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// Flags say where a value comes from. By default the user types it at the terminal, or standard input holds it.
type Flags struct {
	file       string
	value      string
	generate   bool
	raw        bool
	allowEmpty bool
	given      *pflag.FlagSet
}

// Add adds the flags to a command.
func (f *Flags) Add(cmd *cobra.Command) {
	f.given = cmd.Flags()
	f.given.StringVarP(&f.file, "file", "f", "", "read the value from a `file`, exactly; - is standard input")
	f.given.StringVar(&f.value, "value", "", "the value itself (other users may see it in ps, and your shell keeps it)")
	f.given.BoolVarP(&f.generate, "generate", "g", false, "make a password")
	f.given.BoolVar(&f.raw, "raw", false, "keep a trailing newline of standard input")
	f.given.BoolVar(&f.allowEmpty, "allow-empty", false, "keep an empty value without asking")
	ruleflags.Add(f.given)
	cmd.MarkFlagsMutuallyExclusive("file", "value", "generate")
}

// explicit reports whether a flag says where the value comes from.
func (f *Flags) explicit() bool {
	return f.generate || f.given.Changed("value") || f.given.Changed("file")
}

// Source reads values.
type Source struct {
	Stdin           io.Reader
	StdinIsTerminal bool
	Prompt          *prompt.Prompter
	Rand            io.Reader
	Rules           password.Rules // of generated passwords, unless flags say otherwise
	Warn            func(format string, args ...any)
}

// value reads one value. The question is for a user at the terminal, if no flag gives the value.
func (s Source) value(f *Flags, question string) (vault.Bytes, error) {
	var value vault.Bytes
	var err error
	switch {
	case f.generate:
		return s.Password(f.given)
	case f.given.Changed("value"):
		s.warnCommandLine()
		value = vault.Bytes(f.value)
	case f.given.Changed("file") && f.file != "-":
		value, err = readValueFile(f.file)
	case s.StdinIsTerminal && !f.given.Changed("file"):
		value, err = s.Prompt.Hidden(question)
	default:
		value, err = s.stdin(f.raw)
	}
	if err != nil {
		return nil, err
	}
	return value, s.confirmEmpty(value, f)
}

// Password generates a password by the rules, and by those among the flags.
func (s Source) Password(flags *pflag.FlagSet) (vault.Bytes, error) {
	rules := s.Rules
	ruleflags.Overlay(&rules, flags)
	if flags.Changed("length") && rules.Length == 0 {
		return nil, usage.Errorf("the length must be 1 to %d, not 0", password.MaxLength)
	}
	generated, err := password.Generate(s.Rand, rules)
	return vault.Bytes(generated), err
}

// confirmEmpty refuses an empty value, which an unset variable or a failed program in a pipe leaves.
func (s Source) confirmEmpty(value vault.Bytes, f *Flags) error {
	if len(value) > 0 || f.allowEmpty {
		return nil
	}
	if s.StdinIsTerminal {
		yes, err := s.Prompt.Confirm("The value is empty. Keep it?")
		if err != nil {
			return err
		}
		if yes {
			return nil
		}
	}
	return usage.Errorf("the value is empty, and nothing was stored; add --allow-empty if that is meant")
}

// warnCommandLine warns once for a command, however many values it has.
func (s Source) warnCommandLine() {
	s.Warn("other users can see values on the command line in ps, and your shell keeps them in its history; " +
		"they cannot see a prompt, a pipe or @file")
}

// stdin reads a value from standard input. Unless raw is set, it removes one trailing newline, which echo and editors
// add.
func (s Source) stdin(raw bool) (vault.Bytes, error) {
	// One byte above the limit makes the vault refuse a value that is too large.
	value, err := io.ReadAll(io.LimitReader(s.Stdin, vault.MaxValueSize+2))
	if err != nil {
		return nil, fmt.Errorf("cannot read standard input: %w", err)
	}
	if !raw {
		value = bytes.TrimSuffix(value, []byte("\n"))
	}
	return value, nil
}

func readValueFile(path string) (vault.Bytes, error) {
	return ReadFile(path, vault.MaxValueSize, "the value")
}

// pairs turns KEY=VALUE, KEY=@FILE, KEY=- and KEY (which asks) into fields. Two @ stand for one at the beginning of a
// value.
func (s Source) pairs(args []string, f *Flags) (map[string]vault.Bytes, error) {
	fields := map[string]vault.Bytes{}
	var stdinTaken, onCommandLine bool
	for i, arg := range args {
		key, text, hasValue := strings.Cut(arg, "=")
		if vault.CheckField(key) != nil {
			return nil, usage.Errorf("argument %d is not KEY=VALUE, KEY=@FILE or KEY: a key has 1 to 256 bytes of UTF-8 and no "+
				"control characters", i+2)
		}
		if _, twice := fields[key]; twice {
			return nil, usage.Errorf("the field %q is given twice", key)
		}
		var err error
		switch {
		case !hasValue:
			if fields[key], err = s.Prompt.Hidden(key); err == nil {
				err = s.confirmEmpty(fields[key], f)
			}
		case text == "-" && stdinTaken:
			err = usage.Errorf("standard input can be the value of one field only")
		case text == "-":
			stdinTaken = true
			if fields[key], err = s.stdin(f.raw); err == nil {
				err = s.confirmEmpty(fields[key], f)
			}
		case strings.HasPrefix(text, "@@"):
			onCommandLine = true
			fields[key] = vault.Bytes(text[1:])
		case strings.HasPrefix(text, "@"):
			fields[key], err = readValueFile(text[1:])
		default:
			onCommandLine = onCommandLine || text != ""
			fields[key] = vault.Bytes(text)
		}
		if err != nil {
			return nil, err
		}
	}
	if onCommandLine {
		s.warnCommandLine()
	}
	return fields, nil
}

// url reads the fields of a connection URL from the command line, a prompt or standard input.
func (s Source) url(text string) (map[string]vault.Bytes, error) {
	switch {
	case text == "-" && s.StdinIsTerminal:
		typed, err := s.Prompt.Hidden("Connection URL")
		if err != nil {
			return nil, err
		}
		text = string(typed)
	case text == "-":
		piped, err := s.stdin(false)
		if err != nil {
			return nil, err
		}
		text = string(piped)
	default:
		s.warnCommandLine()
	}
	return connurl.Parse(text)
}

package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"strings"

	"example.org/secret/cmd/secret/internal/ruleflags"
	"example.org/secret/vault"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// valueOptions say where a value comes from. By default the user types it at the terminal, or standard input holds it.
type valueOptions struct {
	file       string
	value      string
	generate   bool
	raw        bool
	allowEmpty bool
}

func (o *valueOptions) addFlags(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVarP(&o.file, "file", "f", "", "read the value from a `file`, exactly; - is standard input")
	flags.StringVar(&o.value, "value", "", "the value itself (other users may see it in ps, and your shell keeps it)")
	flags.BoolVarP(&o.generate, "generate", "g", false, "make a password")
	flags.BoolVar(&o.raw, "raw", false, "keep a trailing newline of standard input")
	flags.BoolVar(&o.allowEmpty, "allow-empty", false, "keep an empty value without asking")
	ruleflags.Add(flags)
	cmd.MarkFlagsMutuallyExclusive("file", "value", "generate")
}

// explicit reports whether a flag says where the value comes from.
func (o *valueOptions) explicit(flags *pflag.FlagSet) bool {
	return o.generate || flags.Changed("value") || flags.Changed("file")
}

// readValue returns the value. The prompt is for a user at the terminal, if no flag gives the value.
func (a *app) readValue(o *valueOptions, flags *pflag.FlagSet, prompt string) (vault.Bytes, error) {
	var value vault.Bytes
	var err error
	switch {
	case o.generate:
		return a.generatePassword(flags)
	case flags.Changed("value"):
		a.warnCommandLine()
		value = vault.Bytes(o.value)
	case flags.Changed("file") && o.file != "-":
		value, err = readValueFile(o.file)
	case a.stdinIsTerminal && !flags.Changed("file"):
		value, err = a.prompt.Hidden(prompt)
	default:
		value, err = a.readStdin(o.raw)
	}
	if err != nil {
		return nil, err
	}
	return value, a.confirmEmpty(value, o)
}

// confirmEmpty refuses an empty value, which an unset variable or a failed program in a pipe leaves.
func (a *app) confirmEmpty(value vault.Bytes, o *valueOptions) error {
	if len(value) > 0 || o.allowEmpty {
		return nil
	}
	if a.stdinIsTerminal {
		yes, err := a.prompt.Confirm("The value is empty. Keep it?")
		if err != nil {
			return err
		}
		if yes {
			return nil
		}
	}
	return usagef("the value is empty, and nothing was stored; add --allow-empty if that is meant")
}

// warnCommandLine warns once for a command, however many values it has.
func (a *app) warnCommandLine() {
	a.warnf("other users can see values on the command line in ps, and your shell keeps them in its history; " +
		"they cannot see a prompt, a pipe or @file")
}

// readStdin reads a value from standard input. Unless raw is set, it removes one trailing newline, which echo and
// editors add.
func (a *app) readStdin(raw bool) (vault.Bytes, error) {
	// One byte above the limit makes the vault refuse a value that is too large.
	value, err := io.ReadAll(io.LimitReader(a.stdin, vault.MaxValueSize+2))
	if err != nil {
		return nil, fmt.Errorf("cannot read standard input: %w", err)
	}
	if !raw {
		value = bytes.TrimSuffix(value, []byte("\n"))
	}
	return value, nil
}

func readValueFile(path string) (vault.Bytes, error) {
	return readInputFile(path, vault.MaxValueSize, "the value")
}

// maxInput is the largest template or .env file, in bytes.
const maxInput = 16 << 20

// readInputFile reads a file that the user names, which may be a pipe of the shell.
func readInputFile(path string, limit int64, subject string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, usagef("cannot read %s: %v", subject, err)
	}
	defer f.Close()
	return readAtMost(f, limit, subject)
}

// readAtMost reads to the end, or fails at the limit: a device such as /dev/zero has no end.
func readAtMost(r io.Reader, limit int64, subject string) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err != nil {
		return nil, usagef("cannot read %s: %v", subject, err)
	}
	if int64(len(data)) > limit {
		return nil, usagef("%s is larger than %d bytes (%d MiB), which is the limit", subject, limit, limit>>20)
	}
	return data, nil
}

// readPairs turns KEY=VALUE, KEY=@FILE, KEY=- and KEY (which asks) into fields. Two @ stand for one at the beginning of
// a value.
func (a *app) readPairs(args []string, o *valueOptions) (map[string]vault.Bytes, error) {
	fields := map[string]vault.Bytes{}
	var stdinTaken, onCommandLine bool
	for i, arg := range args {
		key, text, hasValue := strings.Cut(arg, "=")
		if vault.CheckField(key) != nil {
			// The argument is not repeated, because it may be a value.
			return nil, usagef("argument %d is not KEY=VALUE, KEY=@FILE or KEY: a key has 1 to 256 bytes of UTF-8 and no "+
				"control characters", i+2)
		}
		if _, twice := fields[key]; twice {
			return nil, usagef("the field %q is given twice", key)
		}
		var err error
		switch {
		case !hasValue:
			if fields[key], err = a.prompt.Hidden(key); err == nil {
				err = a.confirmEmpty(fields[key], o)
			}
		case text == "-" && stdinTaken:
			err = usagef("standard input can be the value of one field only")
		case text == "-":
			stdinTaken = true
			if fields[key], err = a.readStdin(o.raw); err == nil {
				err = a.confirmEmpty(fields[key], o)
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
		a.warnCommandLine()
	}
	return fields, nil
}

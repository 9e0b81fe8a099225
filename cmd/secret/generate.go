package main

import (
	"example.org/secret/cmd/secret/internal/ruleflags"
	"example.org/secret/cmd/secret/internal/usage"
	"example.org/secret/vault/password"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

func newGenerateCommand(a *app) *cobra.Command {
	var words int
	cmd := &cobra.Command{
		Use:     "generate",
		Aliases: []string{"gen", "pwgen"},
		Short:   "Make a password or passphrase, and store nothing",
		Long: `Make a password and print it: 32 characters, at least one lower-case and one
upper-case letter, one digit and one punctuation character, unless told otherwise
here or in the configuration. --words makes a passphrase from a list of 7776
English words.

To store a password that nobody sees: secret set NAME --generate.`,
		Example: `  secret generate
  secret generate --length 20 --exclude-punctuation
  secret generate --words 6`,
		Args: usage.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if cmd.Flags().Changed("words") {
				passphrase, err := password.Words(a.rand, words)
				if err != nil {
					return err
				}
				return a.printGenerated(passphrase)
			}
			source, err := a.source()
			if err != nil {
				return err
			}
			generated, err := source.Password(cmd.Flags())
			if err != nil {
				return err
			}
			return a.printGenerated(string(generated))
		},
	}
	cmd.Flags().IntVar(&words, "words", 0, "make a passphrase of this many words (3 to 64)")
	cmd.Flags().BoolVar(&a.jsonFlag, "json", false, "print JSON")
	var rules pflag.FlagSet
	ruleflags.AddAll(&rules)
	rules.VisitAll(func(f *pflag.Flag) {
		cmd.Flags().AddFlag(f)
		cmd.MarkFlagsMutuallyExclusive("words", f.Name)
	})
	return cmd
}

func (a *app) printGenerated(password string) error {
	if a.jsonFlag {
		return a.out.JSON(map[string]string{"password": password})
	}
	return a.out.Printf("%s\n", password)
}

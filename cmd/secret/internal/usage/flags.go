package usage

import (
	"errors"
	"slices"
	"strings"

	"example.org/secret/cmd/secret/internal/picked"
	"example.org/secret/cmd/secret/internal/ruleflags"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// CheckGroups refuses flags that cannot be used together, with our own words and exit code. Cobra has their names
// at the end of its error.
func CheckGroups(cmd *cobra.Command) error {
	err := cmd.ValidateFlagGroups()
	if err == nil {
		return nil
	}
	_, names, found := strings.Cut(err.Error(), "can be; [")
	if names, _, ok := strings.Cut(names, "]"); found && ok {
		return Errorf("--%s cannot be used together; see %s --help",
			strings.ReplaceAll(names, " ", " and --"), cmd.CommandPath())
	}
	return Errorf("%v; see %s --help", err, cmd.CommandPath())
}

// CheckEmpty refuses an empty value, which an unset variable of a script leaves.
func CheckEmpty(cmd *cobra.Command) (err error) {
	mayBeEmpty := append(picked.PublicFields(),
		"value", "description", "exclude-characters", "prefix", "window", "timezone")
	cmd.Flags().Visit(func(f *pflag.Flag) {
		if f.Value.Type() == "string" && f.Value.String() == "" && !slices.Contains(mayBeEmpty, f.Name) {
			err = Errorf("--%s is empty; give it a value, or leave it out", f.Name)
		}
	})
	return err
}

// FlagError puts an error of the library for flags into our own words.
func FlagError(cmd *cobra.Command, err error) error {
	if invalid, ok := errors.AsType[*pflag.InvalidValueError](err); ok {
		flag := invalid.GetFlag()
		if flag.Name == ruleflags.Name {
			return Errorf("--%s: %v", flag.Name, invalid.Unwrap())
		}
		want := map[string]string{
			"int": "a number", "bool": "true or false", "duration": "a time such as 90s or 8h",
		}[flag.Value.Type()]
		return Errorf("--%s takes %s, not %q; see %s --help", flag.Name, want, invalid.GetValue(), cmd.CommandPath())
	}
	return Errorf("%v; see %s --help", err, cmd.CommandPath())
}

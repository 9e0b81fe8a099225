// Package ruleflags has the flags for the rules of generated passwords.
package ruleflags

import (
	"fmt"
	"strings"

	"example.org/secret/vault/password"

	"github.com/spf13/pflag"
)

// Name is the flag for all rules.
const Name = "password-rules"

// Add adds --password-rules. The older flags, one for each rule, still work and are hidden.
func Add(flags *pflag.FlagSet) {
	flags.Var(new(value), Name, "of generated passwords, such as length=32,exclude=:/")
	addEach(flags, new(password.Rules))
	var each pflag.FlagSet
	addEach(&each, new(password.Rules))
	each.VisitAll(func(f *pflag.Flag) { _ = flags.MarkHidden(f.Name) })
}

// AddAll adds --password-rules and a flag for each rule.
func AddAll(flags *pflag.FlagSet) {
	addEach(flags, new(password.Rules))
	flags.Var(new(value), Name, "all of these rules in one, such as length=32,exclude=:/")
}

// addEach adds a flag for each rule, whose default is the present value.
func addEach(flags *pflag.FlagSet, rules *password.Rules) {
	flags.IntVar(&rules.Length, "length", rules.Length, "how many characters a password has (1 to 4096)")
	flags.StringVar(&rules.ExcludeCharacters, "exclude-characters", rules.ExcludeCharacters,
		"characters that a password must not have")
	flags.BoolVar(&rules.ExcludeLowercase, "exclude-lowercase", rules.ExcludeLowercase, "no lower-case letters")
	flags.BoolVar(&rules.ExcludeUppercase, "exclude-uppercase", rules.ExcludeUppercase, "no upper-case letters")
	flags.BoolVar(&rules.ExcludeNumbers, "exclude-numbers", rules.ExcludeNumbers, "no digits")
	flags.BoolVar(&rules.ExcludePunctuation, "exclude-punctuation", rules.ExcludePunctuation, "no punctuation")
	flags.BoolVar(&rules.IncludeSpace, "include-space", rules.IncludeSpace, "spaces as well")
	flags.BoolVar(&rules.AllowMissingTypes, "allow-missing-types", rules.AllowMissingTypes,
		"a type of character may be missing")
}

// value is the argument of --password-rules: the names of the older flags without their dashes, separated by commas.
// The last is exclude=CHARACTERS, because the characters may include a comma.
type value string

func (v *value) String() string { return string(*v) }
func (v *value) Type() string   { return "rules" }

// Set implements [pflag.Value].
func (v *value) Set(text string) error {
	if err := set(new(password.Rules), text); err != nil {
		return err
	}
	*v = value(text)
	return nil
}

// set changes rules by the text of a flag.
func set(rules *password.Rules, text string) error {
	var each pflag.FlagSet
	addEach(&each, rules)
	for text != "" {
		var item string
		if strings.HasPrefix(text, "exclude=") || strings.HasPrefix(text, "exclude-characters=") {
			item, text = text, ""
		} else {
			item, text, _ = strings.Cut(text, ",")
		}
		if err := setOne(&each, item); err != nil {
			return err
		}
	}
	return nil
}

// setOne sets one rule, NAME or NAME=VALUE.
func setOne(each *pflag.FlagSet, item string) error {
	name, value, hasValue := strings.Cut(strings.TrimSpace(item), "=")
	if name == "exclude" {
		name = "exclude-characters"
	}
	rule := each.Lookup(name)
	if rule == nil {
		return fmt.Errorf("unknown rule %q; the rules are length=N, exclude-lowercase, exclude-uppercase, exclude-numbers, "+
			"exclude-punctuation, include-space, allow-missing-types and, as the last, exclude=CHARACTERS", name)
	}
	if !hasValue {
		value = rule.NoOptDefVal // true for a bool
	}
	switch err := rule.Value.Set(value); {
	case rule.Value.Type() == "bool" && err != nil:
		return fmt.Errorf("the rule %s is true or false, not %q", name, value)
	case rule.Value.Type() == "int" && (err != nil || rule.Value.String() == "0"):
		return fmt.Errorf("the rule length is a number from 1 to %d, not %q", password.MaxLength, value)
	case rule.Value.Type() == "string" && !hasValue:
		return fmt.Errorf("the rule exclude needs characters: exclude=CHARACTERS")
	}
	return nil
}

// Overlay changes rules by the flags, and returns the name of a flag that the user gives, or nothing. The older flags
// win.
func Overlay(rules *password.Rules, given *pflag.FlagSet) (name string) {
	if f := given.Lookup(Name); f != nil && f.Changed {
		name = Name
		_ = set(rules, f.Value.String()) // checked by Set
	}
	var each pflag.FlagSet
	addEach(&each, rules)
	given.Visit(func(f *pflag.Flag) {
		if each.Lookup(f.Name) != nil {
			name = f.Name
			_ = each.Set(name, f.Value.String()) // checked when it was parsed
		}
	})
	return name
}

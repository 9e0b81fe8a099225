package main

import (
	"fmt"
	"strings"

	"example.org/secret/vault"
	"example.org/secret/vault/password"

	"github.com/spf13/pflag"
)

const rulesFlag = "password-rules"

// addRuleFlags adds --password-rules. The older flags, one for each rule, still work
// and are hidden.
func addRuleFlags(flags *pflag.FlagSet) {
	flags.Var(new(rulesValue), rulesFlag, "of generated passwords, such as length=32,exclude=:/")
	addEachRuleFlag(flags, new(password.Rules))
	var each pflag.FlagSet
	addEachRuleFlag(&each, new(password.Rules))
	each.VisitAll(func(f *pflag.Flag) { _ = flags.MarkHidden(f.Name) })
}

// addEachRuleFlag adds a flag for each rule, whose default is the present value.
func addEachRuleFlag(flags *pflag.FlagSet, rules *password.Rules) {
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

// rulesValue is the argument of --password-rules: the names of the older flags, without
// their dashes, separated by commas. exclude=CHARACTERS is the last, because the
// characters may include a comma.
type rulesValue string

func (v *rulesValue) String() string { return string(*v) }
func (v *rulesValue) Type() string   { return "rules" }

// Set implements [pflag.Value].
func (v *rulesValue) Set(text string) error {
	if err := setRules(new(password.Rules), text); err != nil {
		return err
	}
	*v = rulesValue(text)
	return nil
}

// setRules changes rules as text says.
func setRules(rules *password.Rules, text string) error {
	var each pflag.FlagSet
	addEachRuleFlag(&each, rules)
	for text != "" {
		var item string
		if strings.HasPrefix(text, "exclude=") || strings.HasPrefix(text, "exclude-characters=") {
			item, text = text, ""
		} else {
			item, text, _ = strings.Cut(text, ",")
		}
		if err := setRule(&each, item); err != nil {
			return err
		}
	}
	return nil
}

// setRule sets one rule, NAME or NAME=VALUE.
func setRule(each *pflag.FlagSet, item string) error {
	name, value, hasValue := strings.Cut(strings.TrimSpace(item), "=")
	if name == "exclude" {
		name = "exclude-characters"
	}
	rule := each.Lookup(name)
	if rule == nil {
		return fmt.Errorf("there is no rule %q; there are length=N, exclude-lowercase, exclude-uppercase, exclude-numbers, "+
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

// overlayRules changes rules as the flags say, and returns the name of a flag that was
// given, or "" if none was. The older flags win.
func overlayRules(rules *password.Rules, given *pflag.FlagSet) (name string) {
	if f := given.Lookup(rulesFlag); f != nil && f.Changed {
		name = rulesFlag
		_ = setRules(rules, f.Value.String()) // checked by Set
	}
	var each pflag.FlagSet
	addEachRuleFlag(&each, rules)
	given.Visit(func(f *pflag.Flag) {
		if each.Lookup(f.Name) != nil {
			name = f.Name
			_ = each.Set(name, f.Value.String()) // checked when it was parsed
		}
	})
	return name
}

// generatePassword makes a password by the user's settings and the flags.
func (a *app) generatePassword(flags *pflag.FlagSet) (vault.Bytes, error) {
	s, err := a.loadSettings()
	if err != nil {
		return nil, err
	}
	rules := s.Password
	overlayRules(&rules, flags)
	if flags.Changed("length") && rules.Length == 0 {
		return nil, usagef("the length must be 1 to %d, not 0", password.MaxLength)
	}
	generated, err := password.Generate(a.rand, rules)
	return vault.Bytes(generated), err
}

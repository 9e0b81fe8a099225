package main

import (
	"errors"
	"time"

	"example.org/secret/cmd/secret/internal/ruleflags"
	"example.org/secret/rotate"
	"example.org/secret/vault"
	"example.org/secret/vault/password"

	"github.com/spf13/pflag"
)

// mergeRotation returns the rotation of s with the changes that the flags ask for.
func (a *app) mergeRotation(o enableOptions, flags *pflag.FlagSet, s *vault.Secret) (rotate.Rotation, error) {
	r, err := rotate.Of(s.Name, s.Rotation)
	if err != nil && !errors.Is(err, rotate.ErrNotEnabled) {
		return r, err
	}
	if flags.Changed("rotator") {
		r.Args = nil
		if r.Rotator, err = rotatorPath(o.rotation.Rotator); err != nil {
			return r, err
		}
	}
	if flags.Changed("arg") {
		r.Args = o.rotation.Args
	}
	for name, setting := range map[string]struct{ to, from *string }{
		"every":    {&r.Schedule, &o.rotation.Schedule},
		"window":   {&r.Window, &o.rotation.Window},
		"timezone": {&r.Timezone, &o.rotation.Timezone},
	} {
		if flags.Changed(name) {
			*setting.to = *setting.from
		}
	}
	if flags.Changed("timeout") {
		if o.timeout < time.Second {
			return r, usagef("--timeout must be at least one second, not %v", o.timeout)
		}
		r.Timeout = int(o.timeout / time.Second)
	}
	if flags.Changed("grace") {
		if err := r.SetGrace(o.grace); err != nil {
			return r, err
		}
	}
	r.Password, err = a.mergeRules(r.Password, flags)
	return r, err
}

// mergeRules returns the rules for generated passwords with the changes that the flags
// ask for.
func (a *app) mergeRules(before password.Rules, flags *pflag.FlagSet) (password.Rules, error) {
	rules := before
	if rules == (password.Rules{}) {
		rules = rotate.DefaultPassword()
	}
	if ruleflags.Overlay(&rules, flags) == "" {
		return before, nil
	}
	_, err := password.Generate(a.rand, rules)
	return rules, err
}

// checkRotation refuses a rotation that could never run.
func (a *app) checkRotation(r rotate.Rotation) error {
	if r.Rotator == "" {
		return usagef("which rotator? Give --rotator PATH, or see: secret rotation rotator list")
	}
	if _, err := r.ParseSchedule(); err != nil {
		return usagef("%v", err)
	}
	executor, err := a.newExecutor()
	if err != nil {
		return err
	}
	if _, err := executor.Find(r.Rotator); err != nil {
		return usagef("%v", err)
	}
	return nil
}

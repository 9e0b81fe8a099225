// Package rotationflags has the flags that configure the rotation of a secret.
package rotationflags

import (
	"errors"
	"io"
	"path/filepath"
	"strings"
	"time"

	"example.org/secret/cmd/secret/internal/ruleflags"
	"example.org/secret/cmd/secret/internal/usage"
	"example.org/secret/rotate"
	"example.org/secret/vault"
	"example.org/secret/vault/password"

	"github.com/spf13/pflag"
)

// Flags are the settings that a command line gives.
type Flags struct {
	rotation rotate.Rotation
	timeout  time.Duration
	grace    time.Duration
	given    *pflag.FlagSet
}

// Add adds the flags to those of a command.
func (f *Flags) Add(flags *pflag.FlagSet) {
	f.given = flags
	flags.StringVar(&f.rotation.Rotator, "rotator", "", "the program that changes the secret")
	flags.StringArrayVar(&f.rotation.Args, "arg", nil, "an argument for the rotator, before the step")
	flags.StringVar(&f.rotation.Schedule, "every", "", "the schedule")
	flags.StringVar(&f.rotation.Window, "window", "", "how late a rotation may begin, such as 3h")
	flags.StringVar(&f.rotation.Timezone, "timezone", "", "of the schedule, such as Europe/Berlin")
	flags.DurationVar(&f.timeout, "timeout", time.Minute, "how long a step may take")
	flags.DurationVar(&f.grace, "grace", 0, "how long the old value stays valid, such as 1h")
	ruleflags.Add(flags)
}

// HasGrace reports whether the user gives a grace.
func (f *Flags) HasGrace() bool { return f.given.Changed("grace") }

// Merge returns the rotation of a secret with the changes that the flags ask for. The error is [vault.ErrInvalid] for a
// setting that cannot work; rand is for a password by the new rules, which proves them.
func (f *Flags) Merge(s *vault.Secret, rand io.Reader) (rotate.Rotation, error) {
	r, err := rotate.Of(s.Name, s.Rotation)
	if err != nil && !errors.Is(err, rotate.ErrNotEnabled) {
		return r, err
	}
	if f.given.Changed("rotator") {
		r.Args = nil
		if r.Rotator, err = RotatorPath(f.rotation.Rotator); err != nil {
			return r, err
		}
	}
	if f.given.Changed("arg") {
		r.Args = f.rotation.Args
	}
	for name, setting := range map[string]struct{ to, from *string }{
		"every":    {&r.Schedule, &f.rotation.Schedule},
		"window":   {&r.Window, &f.rotation.Window},
		"timezone": {&r.Timezone, &f.rotation.Timezone},
	} {
		if f.given.Changed(name) {
			*setting.to = *setting.from
		}
	}
	if f.given.Changed("timeout") {
		if f.timeout < time.Second {
			return r, usage.Errorf("--timeout must be at least one second, not %v", f.timeout)
		}
		r.Timeout = int(f.timeout / time.Second)
	}
	if f.HasGrace() {
		if err := r.SetGrace(f.grace); err != nil {
			return r, err
		}
	}
	if r.Password, err = f.rules(r.Password, rand); err != nil {
		return r, err
	}
	if r.Rotator == "" {
		return r, usage.Errorf("which rotator? Give --rotator PATH, or see: secret rotation rotator list")
	}
	if _, err := r.ParseSchedule(); err != nil {
		return r, usage.Errorf("%v", err)
	}
	return r, nil
}

// rules returns the rules for generated passwords with the changes that the flags ask for.
func (f *Flags) rules(before password.Rules, rand io.Reader) (password.Rules, error) {
	rules := before
	if rules == (password.Rules{}) {
		rules = rotate.DefaultPassword()
	}
	if ruleflags.Overlay(&rules, f.given) == "" {
		return before, nil
	}
	_, err := password.Generate(rand, rules)
	return rules, err
}

// RotatorPath makes the path of a rotator absolute. A word without a separator is a name in the rotators directory.
func RotatorPath(arg string) (string, error) {
	if !strings.ContainsAny(arg, `/\`) {
		return arg, nil
	}
	return filepath.Abs(arg)
}

package main

import (
	"context"
	"errors"
	"time"

	"example.org/secret/cmd/secret/internal/escape"
	"example.org/secret/rotate"
	"example.org/secret/vault"
	"example.org/secret/vault/password"
)

const (
	checkTimeout = time.Minute
	checkToken   = "00000000-0000-4000-8000-000000000000"
)

// rotatorCheck prints what is right and wrong with a rotator.
type rotatorCheck struct {
	*app
	failed int
	err    error // of printing
}

func (c *rotatorCheck) that(what string, err error, advice string) {
	line := "ok    " + what
	if err != nil {
		c.failed++
		line = "FAIL  " + what + ": " + escape.Text(err.Error())
		if advice != "" {
			line += "\n      " + advice
		}
	}
	c.err = errors.Join(c.err, c.printf("%s\n", line))
}

// with checks a rotator with a secret.
func (c *rotatorCheck) with(ctx context.Context, o checkOptions, path string) error {
	name, err := vault.ParseName(o.secret)
	if err != nil {
		return err
	}
	engine, _, err := c.newEngine()
	if err != nil {
		return err
	}
	s, err := engine.Vault.Get(name)
	if err != nil {
		return err
	}
	if err := s.Deleted(); err != nil {
		return err
	}
	r := rotate.Rotation{Rotator: path, Args: o.args}
	c.that("test logs in with the current value", engine.Probe(ctx, name, r),
		"test gets the value to log in with as pending (PENDING_PASSWORD), also here")
	wrong, err := c.madeUp(s)
	if err != nil {
		return err
	}
	err = nil
	if engine.ProbeValue(ctx, s, r, wrong) == nil {
		err = errors.New("it exited with 0")
	}
	c.that("test fails with a made-up value", err, "a test that nothing fails proves nothing; does the service ask for a password at all?")
	if !o.rotate || c.failed > 0 {
		return nil
	}
	return c.rotation(ctx, engine, name, r)
}

// madeUp returns a version with a password that nobody knows.
func (c *rotatorCheck) madeUp(s *vault.Secret) (vault.Version, error) {
	current, err := s.Find(vault.Selector{})
	if err != nil {
		return current, err
	}
	made, err := password.Generate(c.rand, rotate.DefaultPassword())
	if err != nil {
		return current, err
	}
	current.Number = 0
	if s.Kind == vault.Plaintext {
		current.Value = vault.Value{Plain: vault.Bytes(made)}
		return current, nil
	}
	field := "password"
	if _, ok := current.Fields[field]; !ok && len(current.Fields) > 0 {
		field = current.FieldNames()[len(current.Fields)-1]
	}
	current.Value = current.Value.Merged(vault.Value{Fields: map[string]vault.Bytes{field: vault.Bytes(made)}})
	return current, nil
}

// rotation walks the whole protocol, and calls each step twice: it has to be
// repeatable.
func (c *rotatorCheck) rotation(ctx context.Context, engine *rotate.Engine, name vault.Name, r rotate.Rotation) error {
	call := engine.Call
	engine.Call = func(ctx context.Context, step rotate.Call) ([]byte, error) {
		output, err := call(ctx, step)
		if step.Step == rotate.Test {
			return output, err
		}
		c.that(string(step.Step), err, "")
		if err != nil || step.Step == rotate.Create {
			return output, err
		}
		_, again := call(ctx, step)
		c.that(string(step.Step)+" once more", again, "a run that was cut off calls it again; it has to succeed then")
		return output, again
	}
	engine.Allowed = func(*vault.Secret, rotate.Rotation) bool { return true }
	before, err := engine.Vault.Get(name)
	if err != nil {
		return err
	}
	if err := engine.Configure(name, r); err != nil {
		return err
	}
	result, _ := engine.Rotate(ctx, name, false)
	c.that("the new value is current", result.Err, "the next secret rotate continues; the state is in secret rotation status")
	// The check leaves the secret's own rotation as it was, unless it is stuck.
	if result.Err != nil {
		return nil
	}
	_, err = engine.Vault.Update(name, func(s *vault.Secret) error {
		s.Rotation, s.RotationLog = before.Rotation, before.RotationLog
		return nil
	})
	return err
}

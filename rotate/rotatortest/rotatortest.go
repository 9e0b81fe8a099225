// Package rotatortest checks that a rotator keeps the protocol in rotate/PROTOCOL.md.
//
// A [Checker] makes the checks one after the other and reports each as a [Finding]:
//
//	checker.Call(ctx)                    the rotator can be called, and ignores unknown steps
//	checker.Login(ctx, engine, name)     its test accepts the current value, and no other
//	checker.Rotate(ctx, engine, name)    a whole rotation, with set and finish called twice
package rotatortest

import (
	"context"
	"errors"
	"time"

	"example.org/secret/rotate"
	"example.org/secret/vault"
	"example.org/secret/vault/password"
)

const (
	timeout = time.Minute
	token   = "00000000-0000-4000-8000-000000000000"
)

// Finding is the result of one check.
type Finding struct {
	Check  string
	Err    error  // nil if the rotator passed
	Advice string // for a rotator that did not
}

// Checker checks one rotator.
type Checker struct {
	Executor *rotate.Executor
	Rotator  string // its path
	Args     []string
	Report   func(Finding)

	failed int
}

// Failed returns the number of checks that the rotator did not pass.
func (c *Checker) Failed() int { return c.failed }

func (c *Checker) report(check string, err error, advice string) {
	if err != nil {
		c.failed++
	}
	c.Report(Finding{check, err, advice})
}

// Call checks the rotator without a secret.
func (c *Checker) Call(ctx context.Context) {
	_, err := c.Executor.Find(c.Rotator)
	c.report("it can be called, and no other user can change it", err, "")
	if err != nil {
		return
	}
	_, err = c.Executor.Call(ctx, rotate.Call{
		Rotator: c.Rotator, Args: c.Args, Step: "unknown", Timeout: timeout,
		Name: "check", Token: token, Kind: vault.Credential,
	})
	c.report("it ignores a step that it does not know", err,
		"exit with 0 and print nothing for a step that has nothing to do")
}

// Login checks that test accepts the current value of the secret name, and refuses one
// that the service does not know. Nothing is changed.
func (c *Checker) Login(ctx context.Context, engine *rotate.Engine, name vault.Name) error {
	s, err := engine.Vault.Get(name)
	if err != nil {
		return err
	}
	if err := s.Deleted(); err != nil {
		return err
	}
	current, err := s.Find(vault.Selector{})
	if err != nil {
		return err
	}
	c.report("test logs in with the current value", engine.ProbeValue(ctx, s, c.rotation(), current),
		"test gets the value to log in with as pending (PENDING_PASSWORD), also here")
	_, err = engine.DefaultGrace(ctx, s, c.rotation())
	c.report("describe prints nothing, or its grace", err,
		"exit with 0 and print nothing, or a JSON object with a number of seconds as grace")
	wrong, err := madeUp(engine, s.Kind, current)
	if err != nil {
		return err
	}
	err = nil
	if engine.ProbeValue(ctx, s, c.rotation(), wrong) == nil {
		err = errors.New("it exited with 0")
	}
	c.report("test fails with a made-up value", err,
		"a test that accepts every value proves nothing; does the service ask for a password at all?")
	return nil
}

func (c *Checker) rotation() rotate.Rotation {
	return rotate.Rotation{Rotator: c.Rotator, Args: c.Args}
}

// madeUp returns current with a password that the service does not know.
func madeUp(engine *rotate.Engine, kind vault.Kind, current vault.Version) (vault.Version, error) {
	made, err := password.Generate(engine.Rand, rotate.DefaultPassword())
	if err != nil {
		return current, err
	}
	current.Number = 0
	if kind == vault.Plaintext {
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

// Rotate rotates the secret name, and calls set and finish twice, because a run that
// was cut off calls them again. The secret gets a new value. Its own rotation is
// restored at the end, unless the rotation failed.
func (c *Checker) Rotate(ctx context.Context, engine *rotate.Engine, name vault.Name) error {
	before, err := engine.Vault.GetMeta(name)
	if err != nil {
		return err
	}
	if err := engine.Configure(name, c.rotation()); err != nil {
		return err
	}
	twice := *engine
	twice.Call = c.callTwice(engine.Call)
	twice.Allowed = func(*vault.Secret, rotate.Rotation) bool { return true }
	result := twice.Rotate(ctx, name, rotate.Now)
	c.report("the new value is current", result.Err, "the next secret rotate continues; see: secret rotation status")
	if result.Err != nil {
		return nil
	}
	_, err = engine.Vault.Update(name, func(s *vault.Secret) error {
		s.Rotation, s.RotationLog = before.Rotation, before.RotationLog
		return nil
	})
	return err
}

func (c *Checker) callTwice(call rotate.Caller) rotate.Caller {
	return func(ctx context.Context, step rotate.Call) ([]byte, error) {
		output, err := call(ctx, step)
		if step.Step == rotate.Test {
			return output, err
		}
		c.report(string(step.Step), err, "")
		if err != nil || step.Step == rotate.Create {
			return output, err
		}
		_, err = call(ctx, step)
		c.report(string(step.Step)+" once more", err, "a run that was cut off calls the step again; it must succeed then")
		return output, err
	}
}

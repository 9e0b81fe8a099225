package rotate_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"example.org/secret/crypto"
	"example.org/secret/rotate"
	"example.org/secret/vault"
)

const name = vault.Name("db")

// rig is a vault with the secrets of a service in the test, and an engine whose calls and
// commits can be made to fail.
type rig struct {
	t       fataler
	vault   *vault.Vault
	engine  *rotate.Engine
	service *service
	now     time.Time
	calls   []rotate.Call // of the rotator, in order

	// before is called before each call of the rotator, after when the rotator has done
	// its work. An error fails the call, and a panic with errDied kills the run.
	before, after func(rotate.Call) error
	// onCommit is called before each commit. An error fails the commit as a full disk does.
	onCommit func() error
}

// fataler is the common part of [testing.TB] and rapid.T.
type fataler interface {
	Helper()
	Fatalf(format string, args ...any)
}

// errDied is the panic that stands for a SIGKILL: after it only locks are released, as
// the kernel does.
var errDied = errors.New("died")

func newRig(t testing.TB) *rig { return newRigIn(t, tempDir(t)) }

func newRigIn(t fataler, dir string) *rig {
	t.Helper()
	r := &rig{t: t, now: time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC), service: &service{accepts: map[string]string{}}}
	master, err := crypto.GenerateMasterKey()
	must(t, err)
	const id = "0b5c6a4e-6d0f-4b57-9d8e-5f6e2c1f7a11"
	// Sealing reads randomness once in each commit, before it writes.
	key, err := crypto.DeriveVaultKey(master, id, hook{func() error {
		if r.onCommit == nil {
			return nil
		}
		return r.onCommit()
	}})
	must(t, err)
	now := func() time.Time { return r.now }
	options := vault.Options{Now: now, Rand: rand.Reader, History: 1, LockTimeout: 10 * time.Second}
	r.vault, err = vault.Create(dir, id, key, vault.SealedKeys{vault.KeyFile: nil}, options)
	must(t, err)
	r.engine = &rotate.Engine{
		Vault: r.vault, Call: r.call, Now: now, Rand: rand.Reader,
		Allowed: func(*vault.Secret, rotate.Rotation) bool { return true },
	}
	return r
}

// tempDir returns a directory, in memory if possible, because tests make thousands of
// commits.
func tempDir(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "rotate-test-")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

type hook struct{ before func() error }

func (h hook) Read(p []byte) (int, error) {
	if err := h.before(); err != nil {
		return 0, err
	}
	return io.ReadFull(rand.Reader, p)
}

func must(t fataler, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("%v", err)
	}
}

// fields returns a value from pairs of names and values.
func fields(pairs ...string) vault.Value {
	v := vault.Value{Fields: map[string]vault.Bytes{}}
	for pair := range slices.Chunk(pairs, 2) {
		v.Fields[pair[0]] = vault.Bytes(pair[1])
	}
	return v
}

// add makes a credential that the service accepts, which is rotated every six hours.
func (r *rig) add(name vault.Name) {
	r.t.Helper()
	r.service.accepts[string(name)] = "first"
	r.set(name, vault.Credential, fields("username", string(name), "password", "first"))
	must(r.t, r.engine.Configure(name, rotate.Rotation{Rotator: "/rotator", Schedule: "6h"}))
}

// set stores a value by hand.
func (r *rig) set(name vault.Name, kind vault.Kind, value vault.Value) {
	r.t.Helper()
	_, err := r.vault.Upsert(name, func(s *vault.Secret) error {
		return s.Add(vault.NewVersion{Kind: kind, Value: value, Origin: vault.OriginSet})
	})
	must(r.t, err)
}

// rotate rotates name now and requires an outcome.
func (r *rig) rotate(name vault.Name, want rotate.Outcome) error {
	r.t.Helper()
	result := r.engine.Rotate(context.Background(), name, rotate.Now)
	if result.Outcome != want {
		r.t.Fatalf("the rotation ends as %q (%v), want %q", result.Outcome, result.Err, want)
	}
	return result.Err
}

// killed runs a rotation that must die.
func (r *rig) killed(name vault.Name) {
	r.t.Helper()
	if !dies(func() { r.engine.Rotate(context.Background(), name, rotate.Now) }) {
		r.t.Fatalf("the run was to die and did not")
	}
	r.before, r.after, r.onCommit = nil, nil, nil
}

func dies(f func()) (dead bool) {
	defer func() {
		if p := recover(); p != nil {
			if p != any(errDied) {
				panic(p)
			}
			dead = true
		}
	}()
	f()
	return false
}

// call is the [rotate.Caller] of the engine.
func (r *rig) call(ctx context.Context, c rotate.Call) ([]byte, error) {
	r.calls = append(r.calls, c)
	if ctx.Err() != nil {
		return nil, &rotate.StepError{Step: c.Step, Problem: "interrupted"}
	}
	if r.before != nil {
		err := r.before(c)
		if errors.Is(err, errIdle) && (c.Step == rotate.Set || c.Step == rotate.Finish) {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
	}
	output, err := r.service.rotator(c)
	if r.after != nil {
		if err := r.after(c); err != nil {
			return nil, err
		}
	}
	return output, err
}

// steps returns the calls of the rotator since the last call of steps.
func (r *rig) steps() []rotate.Step {
	var steps []rotate.Step
	for _, c := range r.calls {
		steps = append(steps, c.Step)
	}
	r.calls = nil
	return steps
}

func (r *rig) expectSteps(want ...rotate.Step) {
	r.t.Helper()
	if got := r.steps(); !slices.Equal(got, want) {
		r.t.Fatalf("the rotator was called for %v, want %v", got, want)
	}
}

func (r *rig) get(name vault.Name) (*vault.Secret, rotate.Rotation) {
	r.t.Helper()
	s, err := r.vault.Get(name)
	must(r.t, err)
	rotation, err := rotate.Of(name, s.Rotation)
	must(r.t, err)
	return s, rotation
}

// password returns the password of the version with a label, or "" if there is none.
func (r *rig) password(name vault.Name, label vault.Label) string {
	r.t.Helper()
	s, _ := r.get(name)
	v, err := s.Find(vault.Selector{Label: label})
	if err != nil {
		return ""
	}
	return string(v.Fields["password"])
}

// has reports whether a password is that of the pending or the current version.
func (r *rig) has(password string) bool {
	r.t.Helper()
	return password == r.password(name, vault.Pending) || password == r.password(name, vault.Current)
}

// settled requires that current works, and that nothing is pending or under way.
func (r *rig) settled(name vault.Name) {
	r.t.Helper()
	s, rotation := r.get(name)
	if got := r.password(name, vault.Current); got != r.service.accepts[string(name)] {
		r.t.Fatalf("current is %q, the service takes %q", got, r.service.accepts[string(name)])
	}
	if number, ok := s.Labels[vault.Pending]; ok || rotation.Run != nil {
		r.t.Fatalf("version %d is pending, and under way is %+v", number, rotation.Run)
	}
}

// service is a service with users and passwords. Its rotator keeps PROTOCOL.md.
type service struct {
	accepts     map[string]string // the newest password of each user
	older       map[string]bool   // USER:PASSWORD that are valid until finish
	down        bool
	refuse      func(password string) bool // the password policy
	alternating bool                       // the rotator takes the user and its clone in turns
	keepsOlder  bool                       // a user has several passwords at once
}

// takes reports whether the service accepts the login in fields, if it is up.
func (s *service) takes(fields map[string]vault.Bytes) bool {
	user, password := string(fields["username"]), string(fields["password"])
	newest, ok := s.accepts[user]
	return ok && password == newest || s.older[user+":"+password]
}

func (s *service) login(fields map[string]vault.Bytes) bool { return !s.down && s.takes(fields) }

func (s *service) rotator(c rotate.Call) ([]byte, error) {
	failed := &rotate.StepError{Step: c.Step, Problem: "exit code 1"}
	switch c.Step {
	case rotate.Create:
		if s.alternating {
			user, isClone := strings.CutSuffix(string(c.Current["username"]), "_clone")
			if !isClone {
				user += "_clone"
			}
			return fmt.Appendf(nil, `{"username": %q}`, user), nil
		}
	case rotate.Set:
		return nil, s.apply(c, failed)
	case rotate.Test:
		if !s.login(c.Pending) {
			return nil, failed
		}
	case rotate.Finish:
		if !s.login(c.Current) {
			return nil, failed
		}
		if s.keepsOlder {
			s.accepts[string(c.Current["username"])] = string(c.Current["password"])
			s.older = nil
		}
	}
	return nil, nil
}

// apply is the step set.
func (s *service) apply(c rotate.Call, failed error) error {
	if s.login(c.Pending) {
		return nil
	}
	user := string(c.Pending["username"])
	if s.alternating == (user == string(c.Current["username"])) || (!s.login(c.Current) && !s.login(c.Previous)) {
		return failed
	}
	if s.refuse != nil && s.refuse(string(c.Pending["password"])) {
		return refused()
	}
	if s.keepsOlder {
		if s.older == nil {
			s.older = map[string]bool{}
		}
		s.older[user+":"+s.accepts[user]] = true
	}
	s.accepts[user] = string(c.Pending["password"])
	return nil
}

func refused() error {
	return &rotate.StepError{Step: rotate.Set, Refused: true, Problem: "exit code 10"}
}

// at returns a hook that calls do at the given call of a step, counted from 1.
func at(step rotate.Step, call int, do func() error) func(rotate.Call) error {
	return func(c rotate.Call) error {
		if c.Step == step {
			if call--; call == 0 {
				return do()
			}
		}
		return nil
	}
}

// fail, die and fill are faults.
func fail() error { return &rotate.StepError{Step: "any", Problem: "signal: killed"} }
func die() error  { panic(errDied) }
func fill() error { return syscall.ENOSPC }

// idle makes set and finish report success without doing anything. It fails test,
// because a test that accepts any value defeats the protocol.
func idle() error { return errIdle }

var errIdle = errors.New("idle")

// atCommit returns a hook that calls do instead of the given commit, counted from 1.
func atCommit(commit int, do func() error) func() error {
	return func() error {
		if commit--; commit == 0 {
			return do()
		}
		return nil
	}
}

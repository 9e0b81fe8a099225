package rotate_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"example.org/secret/rotate"
	"example.org/secret/vault"
)

var token = strings.Repeat("A token: ", 5)

// begun is a secret whose rotation was started with the token and has done no step.
func begun(t *testing.T) (*rig, func(context.Context) rotate.Result) {
	t.Helper()
	r := newRig(t)
	r.add(name)
	walk, err := r.engine.Start(context.Background(), name, token)
	must(t, err)
	return r, walk
}

func TestStart(t *testing.T) {
	r, walk := begun(t)
	s, rotation := r.get(name)
	if rotation.Run == nil || rotation.Run.Token != token || len(r.calls) != 0 || len(s.Versions) != 1 {
		t.Errorf("started as %+v with %d versions after %d calls", rotation.Run, len(s.Versions), len(r.calls))
	}
	if result := r.engine.Rotate(context.Background(), name, rotate.Now); !errors.Is(result.Err, vault.ErrBusy) {
		t.Errorf("another rotation meanwhile: %+v", result)
	}
	if result := walk(context.Background()); result.Outcome != rotate.Rotated || result.Err != nil || result.Version != 2 {
		t.Errorf("%+v", result)
	}
	r.settled(name)
	r.expectSteps(create, set, test, finish)
	if s, _ = r.get(name); s.Versions[1].ID != token || s.Labels[vault.Current] != 2 {
		t.Errorf("the new version is %s, labels %v", s.Versions[1].ID, s.Labels)
	}
	_, err := r.engine.Start(context.Background(), name, token)
	if !errors.Is(err, vault.ErrVersionExists) {
		t.Errorf("the same token again: %v", err)
	}
	must(t, r.rotate(name, rotate.Rotated)) // no lock is left
}

// A process that dies between the start and the steps leaves a run that is continued.
func TestStartIsContinued(t *testing.T) {
	for about, next := range map[string]func(*rig) rotate.Result{
		"by a run":         func(r *rig) rotate.Result { return r.engine.Rotate(context.Background(), name, rotate.IfDue) },
		"by the same call": func(r *rig) rotate.Result { return r.started(t, token, nil) },
		"by another call":  func(r *rig) rotate.Result { return r.started(t, strings.Repeat("b", 32), rotate.ErrUnderWay) },
	} {
		r, walk := begun(t)
		r.before = at(create, 1, die)
		if !dies(func() { walk(context.Background()) }) {
			t.Fatal("the run was to die and did not")
		}
		r.before = nil
		r.now = r.now.Add(time.Minute)
		if result := next(r); result.Outcome != rotate.Rotated || result.Err != nil {
			t.Errorf("%s: %+v", about, result)
		}
		if s, _ := r.get(name); len(s.Versions) != 2 || s.Versions[1].ID != token {
			t.Errorf("%s: %+v", about, s.Versions)
		}
	}
}

// started starts a rotation and walks it.
func (r *rig) started(t *testing.T, token string, want error) rotate.Result {
	t.Helper()
	walk, err := r.engine.Start(context.Background(), name, token)
	if !errors.Is(err, want) || walk == nil {
		t.Fatalf("%v, want %v", err, want)
	}
	return walk(context.Background())
}

// A grace of an earlier rotation ends before another one begins.
func TestStartInAGrace(t *testing.T) {
	r := newRig(t)
	r.add(name)
	must(t, r.engine.Configure(name, rotate.Rotation{Rotator: "/rotator", Grace: 3600}))
	must(t, r.rotate(name, rotate.Rotated))
	r.expectSteps(create, set, test)
	if result := r.started(t, token, nil); result.Outcome != rotate.Rotated || result.Version != 3 {
		t.Errorf("%+v", result)
	}
	r.expectSteps(finish, create, set, test)
}

func TestStartIsRefused(t *testing.T) {
	for about, c := range map[string]struct {
		token string
		spoil func(*rig)
		want  error
	}{
		"without a rotation": {
			token, func(r *rig) { r.set("db2", vault.Plaintext, vault.Value{}) },
			rotate.ErrNotEnabled,
		},
		"with a short token": {"short", func(*rig) {}, vault.ErrInvalid},
		"with a rotator from afar": {
			token,
			func(r *rig) { r.engine.Allowed = func(*vault.Secret, rotate.Rotation) bool { return false } },
			rotate.ErrNotAllowed,
		},
		"of a secret that is going": {
			token,
			func(r *rig) { r.update(func(s *vault.Secret) error { return s.ScheduleDeletion(7) }) }, vault.ErrDeleted,
		},
	} {
		r := newRig(t)
		r.add(name)
		c.spoil(r)
		of := name
		if errors.Is(c.want, rotate.ErrNotEnabled) {
			of = "db2"
		}
		walk, err := r.engine.Start(context.Background(), of, c.token)
		if !errors.Is(err, c.want) || walk != nil {
			t.Errorf("%s: %v, want %v", about, err, c.want)
		}
	}
}

func (r *rig) update(change func(*vault.Secret) error) {
	r.t.Helper()
	_, err := r.vault.UpdateMeta(name, change)
	must(r.t, err)
}

// The lambda and the rules of AWS's API are kept as they were given.
func TestLambdaAndRulesAreKept(t *testing.T) {
	r := newRig(t)
	r.add(name)
	want := rotate.Rotation{
		Rotator: "pg", Schedule: "rate(10 days)", Window: "3h", Lambda: "arn:aws:lambda:eu-west-1:000000000000:function:pg",
		Rules: rotate.Rules{Expression: "rate(10 days)", Duration: "3h"},
	}
	must(t, r.engine.Configure(name, want))
	must(t, r.rotate(name, rotate.Rotated))
	must(t, r.engine.Disable(name))
	if _, got := r.get(name); got.Lambda != want.Lambda || got.Rules != want.Rules || got.Enabled {
		t.Errorf("%+v", got)
	}
}

// A value that is JSON stays JSON when it is rotated, and all but the password stays as it is.
func TestRotateJSON(t *testing.T) {
	r := newRig(t)
	r.service.accepts[string(name)] = "first"
	kind, value := vault.AWSValue{String: `{"username": "db", "password": "first", "port": 5432, "rate":1.10}`}.Value()
	r.set(name, kind, value)
	must(t, r.engine.Configure(name, rotate.Rotation{Rotator: "/rotator"}))
	must(t, r.rotate(name, rotate.Rotated))
	s, _ := r.get(name)
	current, err := s.Find(vault.Selector{})
	must(t, err)
	want := strings.Replace(`{"username": "db", "password": "…", "port": 5432, "rate":1.10}`, "…",
		r.password(name, vault.Current), 1)
	if current.JSON != want {
		t.Errorf("%s, want %s", current.JSON, want)
	}
}

// AWS's rotation functions store the pending version themselves. Its value is the new one,
// also if the run is killed just then.
func TestRotatorStoresTheValueItself(t *testing.T) {
	for _, killed := range []bool{false, true} {
		r, walk := begun(t)
		store := func(c rotate.Call) error {
			if c.Step != create {
				return nil
			}
			n := vault.NewVersion{
				ID: c.Token, Kind: vault.Credential, Labels: []vault.Label{vault.Pending},
				Value: fields("username", string(name), "password", "second"),
			}
			_, err := r.vault.Upsert(name, func(s *vault.Secret) error { return s.Add(n) })
			must(t, err)
			if killed {
				panic(errDied)
			}
			return nil
		}
		r.before = store
		if dies(func() { walk(context.Background()) }) != killed {
			t.Fatal("only a killed run dies")
		}
		if killed {
			killed = false
			must(t, r.rotate(name, rotate.Rotated))
		}
		r.settled(name)
		if s, _ := r.get(name); r.password(name, vault.Current) != "second" || len(s.Versions) != 2 {
			t.Errorf("%q is current, of %d versions", r.password(name, vault.Current), len(s.Versions))
		}
	}
}

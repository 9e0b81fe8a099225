package rotate_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"example.org/secret/rotate"
	"example.org/secret/vault"
)

// recorder is a Progress that keeps all that it is told.
type recorder struct {
	results map[vault.Name]rotate.Outcome
	most    int // that ran at once
	ended   int
	onEnd   func()
}

func (r *recorder) Changed(running []vault.Name, ended int) {
	r.most, r.ended = max(r.most, len(running)), ended
}

func (r *recorder) Ended(result rotate.Result) {
	r.results[result.Name] = result.Outcome
	if r.onEnd != nil {
		r.onEnd()
	}
}

// newManyRig returns a rig with secrets whose rotator does nothing.
func newManyRig(t *testing.T, many int) (*rig, []vault.Name) {
	r := newRig(t)
	r.engine.Call = func(context.Context, rotate.Call) ([]byte, error) { return nil, nil }
	var names []vault.Name
	for i := range many {
		name := vault.Name(fmt.Sprint("db", i))
		r.add(name)
		names = append(names, name)
	}
	return r, names
}

func TestRotateAll(t *testing.T) {
	const many, jobs = 6, 3
	r, names := newManyRig(t, many)
	together := make(chan bool)
	r.engine.Call = func(_ context.Context, c rotate.Call) ([]byte, error) {
		if c.Step == rotate.Create { // the jobs meet here, in twos
			select {
			case together <- true:
			case <-together:
			case <-time.After(time.Minute):
				return nil, errors.New("no second job runs")
			}
		}
		if c.Name == "db4" && c.Step == rotate.Set {
			return nil, &rotate.StepError{Step: c.Step, Problem: "exit status 1"}
		}
		return nil, nil
	}
	all := &recorder{results: map[vault.Name]rotate.Outcome{}}
	r.engine.RotateAll(t.Context(), names, rotate.Now, jobs, all)
	if len(all.results) != many || all.ended != many || all.most < 2 || all.most > jobs {
		t.Errorf("%d ended, at most %d at once: %v", all.ended, all.most, all.results)
	}
	for name, outcome := range all.results {
		if (outcome == rotate.Failed) != (name == "db4") || (outcome == rotate.Rotated) != (name != "db4") {
			t.Errorf("%s ends as %s", name, outcome)
		}
	}
	// Nothing is due after that, and a name that is gone is not due either.
	r.now = r.now.Add(10 * time.Second)
	none := &recorder{results: map[vault.Name]rotate.Outcome{}}
	r.engine.RotateAll(t.Context(), append(names, "gone"), rotate.IfDue, 100, none)
	if len(none.results) != 0 || none.ended != many+1 {
		t.Errorf("%d ended: %v", none.ended, none.results)
	}
	r.engine.RotateAll(t.Context(), nil, rotate.Now, jobs, none)
}

func TestRotateAllInterrupted(t *testing.T) {
	r, names := newManyRig(t, 5)
	ctx, cancel := context.WithCancel(t.Context())
	some := &recorder{results: map[vault.Name]rotate.Outcome{}, onEnd: cancel}
	r.engine.RotateAll(ctx, names, rotate.Now, 1, some)
	if len(some.results) != 1 {
		t.Errorf("%v began after the context had ended", some.results)
	}
}

func TestPlan(t *testing.T) {
	r, names := newManyRig(t, 3)
	r.engine.Call = r.call
	r.before = at(set, 1, die)
	r.killed("db1")
	must(t, r.engine.Configure("db2", rotate.Rotation{Rotator: "/rotator", Grace: 60}))
	must(t, r.rotate("db2", rotate.Rotated))
	expect := func(when rotate.When, want ...string) {
		t.Helper()
		plans, err := r.engine.Plan(names, when)
		must(t, err)
		var got []string
		for _, p := range plans {
			got = append(got, fmt.Sprintf("%s %s %s", p.Name, p.Step, p.Reason))
		}
		if !slices.Equal(got, want) {
			t.Errorf("the plan is %q, want %q", got, want)
		}
	}
	r.steps()
	expect(rotate.Now, "db0 create asked for", "db1 set under way", "db2 finish in grace")
	expect(rotate.IfDue, "db1 set under way")
	r.now = r.now.Add(7 * time.Hour)
	expect(rotate.IfDue, "db0 create due", "db1 set under way", "db2 finish in grace")
	r.expectSteps()
	if _, err := r.engine.Plan([]vault.Name{"gone"}, rotate.Now); !errors.Is(err, vault.ErrNotFound) {
		t.Errorf("of a secret that is not there, the error is %v", err)
	}
}

func TestConsent(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state", "rotators")
	load := func(id string) *rotate.Consent {
		c, err := rotate.LoadConsent(path, id)
		must(t, err)
		return c
	}
	one, other := &vault.Secret{Meta: vault.Meta{ID: "1"}}, &vault.Secret{Meta: vault.Meta{ID: "2"}}
	rotation := rotate.Rotation{Rotator: "/rotator", Args: []string{"a", "b"}}
	c := load("v")
	if c.Given(one, rotation) {
		t.Error("a rotator is enabled that the user never enabled")
	}
	for range 2 {
		must(t, c.Give(one, rotation))
	}
	c = load("v")
	if !c.Given(one, rotation) {
		t.Error("an enabled rotator is forgotten")
	}
	changed := rotation
	changed.Args = []string{"a b"}
	if c.Given(other, rotation) || c.Given(one, changed) || load("w").Given(one, rotation) {
		t.Error("a rotator is enabled for another secret, other arguments, or another vault")
	}
}

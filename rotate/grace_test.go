package rotate_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"example.org/secret/rotate"
	"example.org/secret/vault"
)

const grace = time.Hour

// newGraceRig returns a rig whose service has several passwords a user, with a secret
// that is rotated once a day.
func newGraceRig(t *testing.T) *rig {
	r := newRig(t)
	r.service.keepsOlder = true
	r.add(name)
	must(t, r.engine.Configure(name, rotate.Rotation{
		Rotator: "/rotator", Schedule: "1d",
		Grace: int(grace / time.Second),
	}))
	return r
}

// works reports whether the service accepts the version with a label.
func (r *rig) works(label vault.Label) bool {
	r.t.Helper()
	s, _ := r.get(name)
	v, err := s.Find(vault.Selector{Label: label})
	return err == nil && r.service.takes(v.Fields)
}

// due does the work of an hourly run, and requires an outcome.
func (r *rig) due(want rotate.Outcome) {
	r.t.Helper()
	if result := r.engine.Rotate(r.t.(*testing.T).Context(), name, rotate.IfDue); result.Outcome != want {
		r.t.Fatalf("a run of what is due ends as %q (%v), want %q", result.Outcome, result.Err, want)
	}
}

func (r *rig) expectState(want rotate.State) {
	r.t.Helper()
	s, _ := r.get(name)
	status, err := rotate.StatusOf(s, r.now)
	must(r.t, err)
	if status.State != want {
		r.t.Fatalf("the state is %+v, want %q", status, want)
	}
}

func (r *rig) outcomes() []rotate.Outcome {
	r.t.Helper()
	s, _ := r.get(name)
	events, err := rotate.Log(s)
	must(r.t, err)
	var outcomes []rotate.Outcome
	for _, e := range events {
		outcomes = append(outcomes, e.Outcome)
	}
	return outcomes
}

// A run ends after the labels moved. Both values work until a run after the grace calls
// finish.
func TestGrace(t *testing.T) {
	r := newGraceRig(t)
	must(t, r.rotate(name, rotate.Rotated))
	r.expectSteps(create, set, test)
	for range 59 {
		r.due(rotate.NotDue)
		r.expectState(rotate.InGrace)
		if !r.works(vault.Current) || !r.works(vault.Previous) {
			t.Fatal("one of the two values does not work in the grace")
		}
		r.now = r.now.Add(time.Minute)
	}
	r.now = r.now.Add(time.Minute)
	r.expectState(rotate.Finishes)
	r.due(rotate.Finished)
	r.expectSteps(finish)
	r.settled(name)
	r.expectState(rotate.Waiting)
	if r.works(vault.Previous) {
		t.Error("the previous value works after the grace")
	}
	if got := r.outcomes(); !slices.Equal(got, []rotate.Outcome{rotate.Rotated, rotate.Finished}) {
		t.Errorf("the log says %v", got)
	}
}

// A rotation that begins in the grace finishes the one before it first.
func TestRotationInTheGrace(t *testing.T) {
	r := newGraceRig(t)
	must(t, r.rotate(name, rotate.Rotated))
	first := r.password(name, vault.Current)
	for range 3 {
		must(t, r.rotate(name, rotate.Rotated))
		if !r.works(vault.Current) || !r.works(vault.Previous) {
			t.Fatal("one of the two values does not work in the grace")
		}
	}
	r.expectSteps(create, set, test, finish, create, set, test, finish, create, set, test, finish, create, set, test)
	if r.service.takes(fields("username", "db", "password", first).Fields) {
		t.Error("an older value still works")
	}
	// The schedule does not wait for a longer grace.
	must(t, r.engine.Configure(name, rotate.Rotation{Rotator: "/rotator", Schedule: "1h", Grace: 7200}))
	must(t, r.rotate(name, rotate.Rotated))
	r.steps()
	r.now = r.now.Add(time.Hour)
	r.due(rotate.Rotated)
	r.expectSteps(finish, create, set, test)
}

// One fault in the finish after the grace, or in the rotation before it.
func TestCutInTheGrace(t *testing.T) {
	for _, c := range []struct {
		about         string
		before, after func(rotate.Call) error
		commit        func() error
		kill          bool
		again         rotate.Outcome
		steps         []rotate.Step
	}{
		{about: "finish fails", before: at(finish, 1, fail), again: rotate.Finished, steps: []rotate.Step{finish}},
		{
			about: "killed before finish", before: at(finish, 1, die), kill: true, again: rotate.Finished,
			steps: []rotate.Step{finish},
		},
		{
			about: "killed in finish", after: at(finish, 1, die), kill: true, again: rotate.Finished,
			steps: []rotate.Step{finish},
		},
		{
			about: "killed after finish", commit: atCommit(1, die), kill: true, again: rotate.Finished,
			steps: []rotate.Step{finish},
		},
		{about: "disk full after finish", commit: atCommit(1, fill), again: rotate.Finished, steps: []rotate.Step{finish}},
	} {
		t.Run(c.about, func(t *testing.T) {
			r := newGraceRig(t)
			must(t, r.rotate(name, rotate.Rotated))
			r.now = r.now.Add(grace)
			r.before, r.after, r.onCommit = c.before, c.after, c.commit
			run := func() { r.due(rotate.Unfinished) }
			if dead := dies(run); dead != c.kill {
				t.Fatalf("the run died: %v", dead)
			}
			r.before, r.after, r.onCommit = nil, nil, nil
			if !r.works(vault.Current) {
				t.Fatal("the current value does not work")
			}
			r.steps()
			r.now = r.now.Add(10 * time.Minute)
			r.due(c.again)
			r.expectSteps(c.steps...)
			r.settled(name)
			if r.works(vault.Previous) {
				t.Error("the previous value works after finish")
			}
		})
	}
}

// A value that is set by hand in the grace counts: finish could revoke it.
func TestSetByHandInTheGrace(t *testing.T) {
	r := newGraceRig(t)
	must(t, r.rotate(name, rotate.Rotated))
	r.set(name, vault.Credential, fields("username", "db", "password", "first"))
	r.service.accepts["db"] = "first"
	r.steps()
	r.now = r.now.Add(grace)
	r.due(rotate.Finished)
	r.expectSteps()
	r.settled(name)
}

// The grace begins again if the clock was wrong when it began, and never ends early.
func TestGraceOfAWrongClock(t *testing.T) {
	r := newGraceRig(t)
	r.now = r.now.AddDate(1, 0, 0)
	must(t, r.rotate(name, rotate.Rotated))
	r.now = r.now.AddDate(-1, 0, 0)
	must(t, r.engine.Configure(name, rotate.Rotation{Rotator: "/rotator", Grace: int(grace / time.Second)}))
	r.steps()
	r.due(rotate.NotDue)
	r.now = r.now.Add(grace - time.Second)
	r.due(rotate.NotDue)
	r.now = r.now.Add(time.Second)
	r.due(rotate.Finished)
	r.expectSteps(finish)
}

// A grace that the user shortens counts from then on.
func TestShorterGrace(t *testing.T) {
	r := newGraceRig(t)
	must(t, r.rotate(name, rotate.Rotated))
	must(t, r.engine.Configure(name, rotate.Rotation{Rotator: "/rotator"}))
	r.due(rotate.Finished)
	r.settled(name)
}

// The replaced value is revoked although the rotation was disabled in its grace.
func TestDisabledInTheGrace(t *testing.T) {
	r := newGraceRig(t)
	must(t, r.rotate(name, rotate.Rotated))
	must(t, r.engine.Disable(name))
	r.expectState(rotate.InGrace)
	r.due(rotate.NotDue)
	r.now = r.now.Add(30 * 24 * time.Hour)
	r.steps()
	r.due(rotate.Finished)
	r.expectSteps(finish)
	r.expectState(rotate.Disabled)
	r.due(rotate.NotDue)
}

// The replaced value stays valid if a rotation is cancelled in its grace.
func TestCancelInTheGrace(t *testing.T) {
	r := newGraceRig(t)
	must(t, r.rotate(name, rotate.Rotated))
	must(t, r.engine.Cancel(t.Context(), name))
	r.settled(name)
	if !r.works(vault.Previous) {
		t.Error("the previous value was revoked")
	}
}

func TestDefaultGrace(t *testing.T) {
	r := newRig(t)
	r.add(name)
	s, rotation := r.get(name)
	for _, c := range []struct {
		output string
		want   time.Duration
		err    string
	}{
		{"", 0, ""},
		{" \n", 0, ""},
		{`{"grace": 300, "later": true}`, 5 * time.Minute, ""},
		{`{}`, 0, ""},
		{`{"grace": "5m"}`, 0, "not a JSON object"},
		{`{"grace": -1}`, 0, "not between 0 and 2592000 seconds"},
		{`describe: unknown`, 0, "not a JSON object"},
	} {
		r.engine.Call = rotatorThatPrints(c.output)
		got, err := r.engine.DefaultGrace(t.Context(), s, rotation)
		if got != c.want || (err == nil) != (c.err == "") || (err != nil && !strings.Contains(err.Error(), c.err)) {
			t.Errorf("of %q the grace is %v, %v", c.output, got, err)
		}
	}
	if err := rotation.SetGrace(31 * 24 * time.Hour); !errors.Is(err, vault.ErrInvalid) {
		t.Errorf("of 31 days the error is %v", err)
	}
}

func rotatorThatPrints(output string) rotate.Caller {
	return func(_ context.Context, c rotate.Call) ([]byte, error) {
		if c.Step != rotate.Describe {
			return nil, errors.New("the step is " + string(c.Step))
		}
		return []byte(output), nil
	}
}

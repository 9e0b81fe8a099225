package rotate_test

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"example.org/secret/rotate"
	"example.org/secret/vault"

	"pgregory.net/rapid"
)

// TestNoLockout applies faults, persons and time to one secret in any order, and checks
// the invariants at every call of the rotator and before every commit. After the faults
// stop, one more run must end the rotation.
func TestNoLockout(t *testing.T) {
	if checks := flag.Lookup("rapid.checks"); checks.Value.String() == checks.DefValue &&
		os.Getenv("SECRET_TEST_LONG") == "" {
		must(t, flag.Set("rapid.checks", "25"))
	}
	root, n := tempDir(t), 0
	rapid.Check(t, func(t *rapid.T) {
		n++
		w := newWorld(t, filepath.Join(root, fmt.Sprint(n)))
		t.Repeat(map[string]func(*rapid.T){
			"rotate":             func(t *rapid.T) { w.disturbed(t, rotate.Now) },
			"rotate what is due": func(t *rapid.T) { w.disturbed(t, rotate.IfDue) },
			"wait": func(t *rapid.T) {
				w.now = w.now.Add(time.Duration(rapid.IntRange(1, 400).Draw(t, "minutes")) * time.Minute)
			},
			"the clock jumps": func(t *rapid.T) {
				w.jump(time.Duration(rapid.IntRange(-9000, 9000).Draw(t, "hours")) * time.Hour)
			},
			"cancel": func(*rapid.T) { _ = w.engine.Cancel(context.Background(), w.name) },
			"outage": func(t *rapid.T) { w.service.down = rapid.Bool().Draw(t, "down") },
			"policy": func(t *rapid.T) { w.policy(rapid.IntRange(0, 5).Draw(t, "refusals")) },
			"person": func(t *rapid.T) { w.person(rapid.SampledFrom(persons).Draw(t, "does")) },
			"":       func(*rapid.T) { w.check() },
		})
		w.ends()
	})
}

// world is a rig with one secret and the versions that were seen of it.
type world struct {
	*rig
	name    vault.Name
	busy    bool // a person is at work, whom no fault hits
	grace   time.Duration
	when    rotate.When // of the run that goes on
	ended   string      // the token of the rotation whose finish was called
	seen    map[int]vault.Version
	current int
	blue    int // where a person put a label
}

func newWorld(t *rapid.T, dir string) *world {
	w := &world{rig: newRigIn(t, dir), name: name, seen: map[int]vault.Version{}}
	w.service.alternating = rapid.Bool().Draw(t, "alternating")
	w.service.keepsOlder = !w.service.alternating && rapid.Bool().Draw(t, "keeps older passwords")
	w.grace = rapid.SampledFrom([]time.Duration{0, 30 * time.Minute, 24 * time.Hour}).Draw(t, "grace")
	w.add(name)
	must(w.t, w.engine.Configure(name, w.rotation()))
	w.check()
	return w
}

func (w *world) rotation() rotate.Rotation {
	return rotate.Rotation{Rotator: "/rotator", Schedule: "6h", Grace: int(w.grace / time.Second)}
}

// jump sets the clock, unless that would purge the secret.
func (w *world) jump(by time.Duration) {
	if s, _ := w.get(w.name); s.Deleted() == nil {
		w.now = w.now.Add(by)
	}
}

// disturbed runs a rotation with at most one fault.
func (w *world) disturbed(t *rapid.T, when rotate.When) {
	kind := rapid.SampledFrom([]string{"none", "before", "after", "commit"}).Draw(t, "fault at")
	which := rapid.IntRange(1, 9).Draw(t, "which")
	faults := map[string]func() error{"die": die, "fail": fail, "fill": fill, "idle": idle}
	fault := faults[rapid.SampledFrom(slices.Sorted(maps.Keys(faults))).Draw(t, "fault")]
	does := ""
	if rapid.IntRange(0, 3).Draw(t, "person?") == 0 {
		does = rapid.SampledFrom(persons).Draw(t, "who does")
	}
	meanwhile := rapid.IntRange(1, 6).Draw(t, "at call")
	calls, commits := 0, 0
	w.when = when
	w.before = func(c rotate.Call) error {
		w.check()
		w.sent(c)
		if calls++; calls == meanwhile && does != "" {
			w.person(does)
		}
		if kind == "before" && calls == which {
			return fault()
		}
		return nil
	}
	w.after = func(rotate.Call) error {
		w.check()
		if kind == "after" && calls == which {
			return fault()
		}
		return nil
	}
	w.onCommit = func() error {
		if w.busy {
			return nil
		}
		w.check()
		if commits++; kind == "commit" && commits == which {
			return fault()
		}
		return nil
	}
	dies(func() { w.engine.Rotate(context.Background(), w.name, when) })
	w.before, w.after, w.onCommit = nil, nil, nil
}

// sent requires that the value which set applies is pending on the disk already, and
// that finish is called only after the grace, or before another rotation.
func (w *world) sent(c rotate.Call) {
	s, rotation := w.get(w.name)
	if c.Step == rotate.Finish {
		until := rotation.Run.FinishAt
		rotation.Run = nil
		next, err := rotation.Due(rotate.CurrentSince(s), w.now)
		must(w.t, err)
		if w.now.Before(until) && w.when == rotate.IfDue && !next.Rotate {
			w.t.Fatalf("finish is called at %v, in the grace until %v", w.now, until)
		}
		w.ended = c.Token
	}
	if c.Step != rotate.Set {
		return
	}
	v, err := s.Find(vault.Selector{Label: vault.Pending})
	if err != nil || v.ID != c.Token || !bytes.Equal(v.Fields["password"], c.Pending["password"]) {
		w.t.Fatalf("set is called with %q, pending is %q, %v", c.Pending["password"], v.Fields["password"], err)
	}
}

var persons = []string{"set", "rename", "delete", "restore", "label", "disable", "enable"}

// person changes the secret as people do.
func (w *world) person(does string) {
	w.busy = true
	defer func() { w.busy = false }()
	update := func(change func(s *vault.Secret) error) {
		if _, err := w.vault.Update(w.name, change); err != nil && !errors.Is(err, vault.ErrDeleted) {
			w.t.Fatalf("%s: %v", does, err)
		}
	}
	switch does {
	case "set":
		update(func(s *vault.Secret) error {
			current, err := s.Find(vault.Selector{})
			if err != nil || s.Deleted() != nil {
				return err
			}
			value := current.Value.Merged(fields("password", fmt.Sprintf("by hand %d", len(w.seen))))
			w.service.accepts[string(value.Fields["username"])] = string(value.Fields["password"])
			return s.Add(vault.NewVersion{Kind: s.Kind, Value: value, Origin: vault.OriginSet})
		})
	case "rename":
		to := vault.Name(strings.TrimPrefix("new-"+string(w.name), "new-new-"))
		if _, err := w.vault.Rename(w.name, to); err == nil {
			w.name = to
		}
	case "delete":
		update(func(s *vault.Secret) error { return s.ScheduleDeletion(30) })
	case "restore":
		update(func(s *vault.Secret) error { return s.Restore() })
	case "label":
		update(func(s *vault.Secret) error {
			to := s.Versions[len(s.Versions)/2].Number
			if s.Deleted() == nil {
				w.blue = to
			}
			return s.MoveLabel("blue", to, s.Labels["blue"])
		})
	case "disable":
		must(w.t, w.engine.Disable(w.name))
	case "enable":
		if err := w.engine.Configure(w.name, w.rotation()); err != nil && !errors.Is(err, vault.ErrDeleted) {
			must(w.t, err)
		}
	}
}

// policy makes the service refuse the next values.
func (w *world) policy(refusals int) {
	w.service.refuse = func(string) bool { refusals--; return refusals >= 0 }
}

// check requires the invariants.
func (w *world) check() {
	w.t.Helper()
	s, rotation := w.get(w.name)
	works := map[vault.Label]bool{}
	for label, number := range s.Labels {
		v, err := s.Find(vault.Selector{Number: number})
		if err != nil {
			w.t.Fatalf("the version with the label %s is lost: %v", label, err)
		}
		works[label] = w.service.takes(v.Fields)
	}
	if !works[vault.Current] && (w.service.alternating || !works[vault.Pending] && !works[vault.Previous]) {
		w.t.Fatalf("locked out: of the labels %v works %v; the service takes %v", s.Labels, works, w.service.accepts)
	}
	if s.Labels[vault.Current] == 0 || s.Labels[vault.Current] == s.Labels[vault.Pending] || s.Labels["blue"] != w.blue {
		w.t.Fatalf("the labels are %v, and a person put blue on %d", s.Labels, w.blue)
	}
	if now := s.Labels[vault.Current]; now != w.current {
		if w.current != 0 && s.Labels[vault.Previous] != w.current {
			w.t.Fatalf("current went from %d to %d, and previous is %d", w.current, now, s.Labels[vault.Previous])
		}
		w.current = now
	}
	if w.graceLasts(s, rotation) && !works[vault.Previous] {
		w.t.Fatalf("the previous value does not work, in the grace until %v", rotation.Run.FinishAt)
	}
	for i, v := range s.Versions {
		if known, ok := w.seen[v.Number]; ok && (known.ID != v.ID || !known.Value.Equal(v.Value)) {
			w.t.Fatalf("version %d was changed", v.Number)
		}
		if w.seen[v.Number] = v; i > 0 && v.Number <= s.Versions[i-1].Number {
			w.t.Fatalf("version %d comes after %d", v.Number, s.Versions[i-1].Number)
		}
	}
}

// graceLasts reports whether the previous value must work.
func (w *world) graceLasts(s *vault.Secret, r rotate.Rotation) bool {
	if r.Run == nil || r.Run.Step != rotate.Finish || !w.now.Before(r.Run.FinishAt) || r.Run.Token == w.ended {
		return false
	}
	current, err := s.Find(vault.Selector{})
	return err == nil && current.ID == r.Run.Token && s.Labels[vault.Previous] == r.Run.Base &&
		(w.service.keepsOlder || w.service.alternating)
}

// ends stops the faults. A run that finds a value set by hand gives its rotation up, and
// any other rotates.
func (w *world) ends() {
	w.service.down, w.service.refuse = false, nil
	w.person("restore")
	w.when = rotate.Now
	result := w.engine.Rotate(context.Background(), w.name, rotate.Now)
	w.check()
	good := slices.Contains([]rotate.Outcome{rotate.Rotated, rotate.Abandoned}, result.Outcome)
	if _, rotation := w.get(w.name); rotation.Run != nil && good {
		w.graceEnds()
	}
	s, rotation := w.get(w.name)
	v, err := s.Find(vault.Selector{})
	must(w.t, err)
	if _, pending := s.Labels[vault.Pending]; pending || rotation.Run != nil || !good || !w.service.takes(v.Fields) {
		w.t.Fatalf("in the end it is %s (%v), labels %v, under way %+v", result.Outcome, result.Err, s.Labels, rotation.Run)
	}
}

// graceEnds waits until the grace is over, and requires that one run finishes the
// rotation then, and none before.
func (w *world) graceEnds() {
	w.person("enable")
	w.when = rotate.IfDue
	rotation := w.rotation()
	rotation.Schedule = ""
	must(w.t, w.engine.Configure(w.name, rotation))
	w.now = w.now.Add(w.grace - time.Second)
	if result := w.engine.Rotate(context.Background(), w.name, rotate.IfDue); result.Outcome != rotate.NotDue {
		w.t.Fatalf("in the grace a run ends as %s (%v)", result.Outcome, result.Err)
	}
	w.now = w.now.Add(time.Second)
	if result := w.engine.Rotate(context.Background(), w.name, rotate.IfDue); result.Outcome != rotate.Finished {
		w.t.Fatalf("after the grace a run ends as %s (%v)", result.Outcome, result.Err)
	}
	w.check()
}

package rotate_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"example.org/secret/rotate"
	"example.org/secret/vault"
)

const (
	create = rotate.Create
	set    = rotate.Set
	test   = rotate.Test
	finish = rotate.Finish
)

// A rotation without a fault makes four calls, each with the values of the protocol.
func TestRotate(t *testing.T) {
	r := newRig(t)
	r.add(name)
	must(t, r.rotate(name, rotate.Rotated))
	r.settled(name)
	if r.password(name, vault.Previous) != "first" || r.password(name, vault.Current) == "first" {
		t.Error("the first value is not the previous one now")
	}
	second := r.password(name, vault.Current)
	for i, want := range []struct {
		step                       rotate.Step
		current, pending, previous string
	}{
		{create, "first", "", ""}, {set, "first", second, ""}, {test, "first", second, ""}, {finish, second, "", "first"},
	} {
		c := r.calls[i]
		if c.Step != want.step || string(c.Current["password"]) != want.current ||
			string(c.Pending["password"]) != want.pending || string(c.Previous["password"]) != want.previous {
			t.Errorf("call %d is %s with current %q, pending %q, previous %q; want %+v",
				i, c.Step, c.Current["password"], c.Pending["password"], c.Previous["password"], want)
		}
		if s, _ := r.get(name); c.Token != s.Versions[1].ID {
			t.Errorf("the token of %s is %s, not the new version's", c.Step, c.Token)
		}
	}
}

// cut is a fault in one run: at a call of the rotator, or at a commit.
type cut struct {
	about         string
	before, after func(rotate.Call) error
	commit        func() error
	kill          bool // otherwise the run goes on and reports
	outcome       rotate.Outcome
	applied       bool          // the service has the pending value after it
	again         []rotate.Step // the calls of the next run
	keepsNone     bool          // nothing is pending yet; the next run makes another value
}

// F1–F12, F15 and F21 of the faults that a rotation must survive: a run with one fault,
// and then a run without any.
func TestCutAnywhere(t *testing.T) {
	for _, c := range []cut{
		{
			about:  "F1 killed before there is a value",
			before: at(create, 1, die), kill: true, keepsNone: true, again: []rotate.Step{create, set, test, finish},
		},
		{
			about: "F1 killed after the rotator made one",
			after: at(create, 1, die), kill: true, keepsNone: true, again: []rotate.Step{create, set, test, finish},
		},
		{
			about:  "F2 disk full for the value",
			commit: atCommit(2, fill), outcome: rotate.Failed, keepsNone: true, again: []rotate.Step{create, set, test, finish},
		},
		{
			about:  "F3 killed before set is called",
			before: at(set, 1, die), kill: true, again: []rotate.Step{test, test, set, test, finish},
		},
		{
			about:  "F3 killed before that is saved",
			commit: atCommit(3, die), kill: true, again: []rotate.Step{set, test, finish},
		},
		{
			about:  "F4 the rotator is gone",
			before: at(set, 1, func() error { return errors.New("there is no rotator") }), outcome: rotate.Failed,
			again: []rotate.Step{test, test, set, test, finish},
		},
		{
			about:  "F5 set fails without a change",
			before: at(set, 1, fail), outcome: rotate.Failed, again: []rotate.Step{test, test, set, test, finish},
		},
		{
			about: "F6 set is killed with its change made",
			after: at(set, 1, fail), outcome: rotate.Failed, applied: true, again: []rotate.Step{test, finish},
		},
		{
			about: "F7 killed with the change made",
			after: at(set, 1, die), kill: true, applied: true, again: []rotate.Step{test, finish},
		},
		{
			about:  "F9 disk full after set",
			commit: atCommit(4, fill), outcome: rotate.Failed, applied: true, again: []rotate.Step{test, finish},
		},
		{
			about:  "F15 test cannot reach the service",
			before: at(test, 1, fail), outcome: rotate.Failed, applied: true, again: []rotate.Step{test, finish},
		},
		{
			about: "F8 killed after test",
			after: at(test, 1, die), kill: true, applied: true, again: []rotate.Step{test, finish},
		},
		{
			about:  "F8 killed before the labels move",
			commit: atCommit(5, die), kill: true, applied: true, again: []rotate.Step{test, finish},
		},
		{
			about:  "F9 disk full for the labels",
			commit: atCommit(5, fill), outcome: rotate.Failed, applied: true, again: []rotate.Step{test, finish},
		},
		{
			about:  "F21 finish fails",
			before: at(finish, 1, fail), outcome: rotate.Unfinished, applied: true, again: []rotate.Step{finish},
		},
		{
			about: "F21 killed in finish",
			after: at(finish, 1, die), kill: true, applied: true, again: []rotate.Step{finish},
		},
		{
			about:  "F21 killed after finish",
			commit: atCommit(6, die), kill: true, applied: true, again: []rotate.Step{finish},
		},
	} {
		t.Run(c.about, func(t *testing.T) {
			r := newRig(t)
			r.add(name)
			r.before, r.after, r.onCommit = c.before, c.after, c.commit
			if c.kill {
				r.killed(name)
			} else if err := r.rotate(name, c.outcome); err == nil {
				t.Fatal("no error")
			}
			r.before, r.after, r.onCommit = nil, nil, nil
			pending := r.password(name, vault.Pending)
			living := r.service.accepts["db"]
			if (living != "first") != c.applied {
				t.Errorf("the service takes %q", living)
			}
			if !slices.Contains([]string{pending, r.password(name, vault.Current)}, living) {
				t.Error("neither current nor pending works")
			}
			if (pending == "") != (c.keepsNone || r.password(name, vault.Current) != "first") {
				t.Errorf("pending is %q", pending)
			}
			s, _ := r.get(name)
			versions := len(s.Versions)
			r.steps()
			must(t, r.rotate(name, rotate.Rotated))
			r.settled(name)
			r.expectSteps(c.again...)
			if pending != "" && r.password(name, vault.Current) != pending {
				t.Error("another value than the pending one became current")
			}
			if s, _ := r.get(name); !c.keepsNone && len(s.Versions) != versions {
				t.Error("one more version was made")
			}
		})
	}
}

// F10: a power cut may take back the last commit of the vault.
func TestPowerCutTakesTheLabelsBack(t *testing.T) {
	dir := tempDir(t)
	r := newRigIn(t, dir)
	r.add(name)
	saved := t.TempDir()
	r.after = at(test, 1, func() error { return os.CopyFS(filepath.Join(saved, "vault"), os.DirFS(dir)) })
	must(t, r.rotate(name, rotate.Rotated))
	must(t, os.RemoveAll(filepath.Join(dir, "secrets")))
	must(t, os.CopyFS(filepath.Join(dir, "secrets"), os.DirFS(filepath.Join(saved, "vault", "secrets"))))
	if r.password(name, vault.Current) != "first" || r.password(name, vault.Pending) == "" {
		t.Fatal("the vault is not as it was before")
	}
	r.steps()
	must(t, r.rotate(name, rotate.Rotated))
	r.expectSteps(test, finish)
	r.settled(name)
}

// F11: set reports success and does nothing. The pending value does not become current,
// and the next run tries the same value again.
func TestSetDoesNothing(t *testing.T) {
	r := newRig(t)
	r.add(name)
	r.before = func(c rotate.Call) error {
		if c.Step == set {
			return idle()
		}
		return nil
	}
	for range 2 {
		if err := r.rotate(name, rotate.Failed); !strings.Contains(err.Error(), "test: exit code 1") {
			t.Errorf("the error is %q", err)
		}
	}
	pending := r.password(name, vault.Pending)
	r.before = nil
	must(t, r.rotate(name, rotate.Rotated))
	r.settled(name)
	if r.password(name, vault.Current) != pending {
		t.Error("the pending value was replaced")
	}
}

// F12 and F16: the service has a value that is not in the vault. All values are kept, none
// is tried twice in a run, and none is set.
func TestLockedOut(t *testing.T) {
	r := newRig(t)
	r.add(name)
	must(t, r.rotate(name, rotate.Rotated))
	r.after = at(set, 1, func() error { r.service.accepts["db"] += " cut"; return nil })
	r.rotate(name, rotate.Failed)
	before, _ := r.get(name)
	for range 3 {
		r.steps()
		if err := r.rotate(name, rotate.Failed); !errors.Is(err, rotate.ErrLockedOut) {
			t.Fatalf("the error is %v", err)
		}
		r.expectSteps(test, test, test) // F17: pending, current and previous once
	}
	after, rotation := r.get(name)
	if len(after.Versions) != len(before.Versions) || len(after.Labels) != 3 {
		t.Errorf("%d versions became %d, labels are %v", len(before.Versions), len(after.Versions), after.Labels)
	}
	if rotation.Run.Failures != 4 {
		t.Errorf("%d failures are counted", rotation.Run.Failures)
	}
	// A person gives the service one of the three values again.
	r.service.accepts["db"] = r.password(name, vault.Previous)
	must(t, r.rotate(name, rotate.Rotated))
	r.settled(name)
}

// F13: a value that the service refuses is replaced a bounded number of times, and only
// while the current one works.
func TestRefused(t *testing.T) {
	t.Run("once", func(t *testing.T) {
		r := newRig(t)
		r.add(name)
		times := 0
		r.service.refuse = func(string) bool { times++; return times == 1 }
		must(t, r.rotate(name, rotate.Rotated))
		r.settled(name)
		r.expectSteps(create, set, test, test, create, set, test, finish)
	})
	t.Run("always", func(t *testing.T) {
		r := newRig(t)
		r.add(name)
		times := 0
		r.service.refuse = func(string) bool { times++; return true }
		if err := r.rotate(name, rotate.Failed); !strings.Contains(err.Error(), "exit code 10") {
			t.Errorf("the error is %v", err)
		}
		if times != 4 {
			t.Errorf("set was tried %d times, want 4: one and three fresh values", times)
		}
		r.service.refuse = nil
		must(t, r.rotate(name, rotate.Rotated))
		r.settled(name)
	})
	// The rotator reports a value as refused that was applied, and the service stops
	// answering: the value must be kept.
	t.Run("a lie, and an outage", func(t *testing.T) {
		for outageAt := 1; outageAt <= 3; outageAt++ {
			r := newRig(t)
			r.add(name)
			r.after = func(c rotate.Call) error {
				if c.Step == set {
					return refused()
				}
				return nil
			}
			r.before = at(test, outageAt, fail)
			r.engine.Rotate(context.Background(), name, rotate.Now)
			r.before, r.after = nil, nil
			if living := r.service.accepts["db"]; !r.has(living) {
				t.Errorf("outage at test %d: the value that lives was thrown away", outageAt)
			}
			must(t, r.rotate(name, rotate.Rotated))
			r.settled(name)
		}
	})
	// A proof of the current value from before the last set does not count.
	t.Run("a lie after a true word", func(t *testing.T) {
		r := newRig(t)
		r.add(name)
		sets := 0
		r.service.refuse = func(string) bool { return sets == 0 }
		r.after = func(c rotate.Call) error {
			switch {
			case c.Step == set:
				if sets++; sets == 2 {
					return refused()
				}
			case c.Step == test && sets == 2:
				return fail()
			}
			return nil
		}
		sets = 0
		r.engine.Rotate(context.Background(), name, rotate.Now)
		r.after, r.service.refuse = nil, nil
		if living := r.service.accepts["db"]; !r.has(living) {
			t.Error("the value that lives was thrown away")
		}
		must(t, r.rotate(name, rotate.Rotated))
		r.settled(name)
	})
}

// F18: while one run rotates a secret, another one refuses to.
func TestTwoRuns(t *testing.T) {
	r := newRig(t)
	r.add(name)
	r.before = at(set, 1, func() error {
		if err := r.rotate(name, rotate.Failed); !errors.Is(err, vault.ErrBusy) {
			t.Errorf("the other run says %v", err)
		}
		if err := r.engine.CancelUntested(context.Background(), name); !errors.Is(err, vault.ErrBusy) {
			t.Errorf("cancel says %v", err)
		}
		return nil
	})
	must(t, r.rotate(name, rotate.Rotated))
	r.expectSteps(create, set, test, finish)
}

// F20: a change that a person makes to the secret meanwhile wins.
func TestMeanwhile(t *testing.T) {
	byHand := fields("username", "db", "password", "by hand")
	for _, step := range []rotate.Step{create, set, test} {
		t.Run("set by hand during "+string(step), func(t *testing.T) {
			r := newRig(t)
			r.add(name)
			r.after = at(step, 1, func() error {
				r.set(name, vault.Credential, byHand)
				r.service.accepts["db"] = "by hand"
				return nil
			})
			must(t, r.rotate(name, rotate.Abandoned))
			r.settled(name)
			s, _ := r.get(name)
			if events, err := rotate.Log(s); err != nil || events[0].Outcome != rotate.Abandoned {
				t.Errorf("the log says %+v, %v", events, err)
			}
			must(t, r.rotate(name, rotate.Rotated))
			r.settled(name)
		})
		t.Run("set by hand after dying in "+string(step), func(t *testing.T) {
			r := newRig(t)
			r.add(name)
			r.before = at(step, 1, die)
			r.killed(name)
			r.set(name, vault.Credential, byHand)
			r.service.accepts["db"] = "by hand"
			r.steps()
			must(t, r.rotate(name, rotate.Abandoned))
			r.expectSteps()
			r.settled(name)
		})
		t.Run("deleted during "+string(step), func(t *testing.T) {
			r := newRig(t)
			r.add(name)
			r.after = at(step, 1, func() error {
				_, err := r.vault.Update(name, func(s *vault.Secret) error { return s.ScheduleDeletion(7) })
				return err
			})
			if err := r.rotate(name, rotate.Failed); strings.Count(err.Error(), "scheduled for deletion") != 1 {
				t.Errorf("the error is %v", err)
			}
			if got := r.steps(); got[len(got)-1] != step {
				t.Errorf("a deleted secret was rotated further: %v", got)
			}
			if result := r.engine.Rotate(context.Background(), name, rotate.IfDue); result.Outcome != rotate.NotDue {
				t.Error("a deleted secret is due")
			}
			_, err := r.vault.Update(name, func(s *vault.Secret) error { return s.Restore() })
			must(t, err)
			must(t, r.rotate(name, rotate.Rotated))
			r.settled(name)
		})
		t.Run("renamed during "+string(step), func(t *testing.T) {
			r := newRig(t)
			r.add(name)
			r.after = at(step, 1, func() error { _, err := r.vault.Rename(name, "renamed"); return err })
			err := r.rotate(name, rotate.Failed)
			if !errors.Is(err, vault.ErrNotFound) || strings.Contains(err.Error(), "recorded") {
				t.Errorf("the error is %v", err)
			}
			must(t, r.rotate("renamed", rotate.Rotated))
			s, rotation := r.get("renamed")
			works := r.password("renamed", vault.Current) == r.service.accepts["db"]
			if s.Labels[vault.Pending] != 0 || rotation.Run != nil || !works {
				t.Error("the renamed secret was not brought to an end")
			}
		})
	}
	t.Run("purged", func(t *testing.T) {
		r := newRig(t)
		r.add(name)
		r.after = at(set, 1, func() error { return r.vault.Remove(name) })
		if err := r.rotate(name, rotate.Failed); !errors.Is(err, vault.ErrNotFound) {
			t.Errorf("the error is %v", err)
		}
		if _, err := r.vault.Get(name); !errors.Is(err, vault.ErrNotFound) {
			t.Error("the secret came back")
		}
	})
	t.Run("current moved", func(t *testing.T) {
		r := newRig(t)
		r.add(name)
		must(t, r.rotate(name, rotate.Rotated))
		r.after = at(set, 1, func() error {
			_, err := r.vault.Update(name, func(s *vault.Secret) error { return s.MoveLabel(vault.Current, 1, 2) })
			return err
		})
		must(t, r.rotate(name, rotate.Abandoned))
		if s, _ := r.get(name); s.Labels[vault.Pending] != 0 || s.Labels[vault.Current] != 1 {
			t.Errorf("the labels are %v", s.Labels)
		}
	})
	t.Run("pending put on another", func(t *testing.T) {
		r := newRig(t)
		r.add(name)
		must(t, r.rotate(name, rotate.Rotated))
		r.after = at(create, 1, func() error {
			_, err := r.vault.Update(name, func(s *vault.Secret) error { return s.MoveLabel(vault.Pending, 1, 0) })
			return err
		})
		if err := r.rotate(name, rotate.Failed); !strings.Contains(err.Error(), "pending --remove") {
			t.Errorf("the error is %v", err)
		}
		if s, _ := r.get(name); s.Labels[vault.Pending] != 1 {
			t.Error("the label that a person put was moved")
		}
	})
}

// F21: as long as finish fails, no further value is made.
func TestUnfinishedMakesNoMore(t *testing.T) {
	r := newRig(t)
	r.add(name)
	r.before = func(c rotate.Call) error {
		if c.Step == finish {
			return fail()
		}
		return nil
	}
	r.rotate(name, rotate.Unfinished)
	r.now = r.now.Add(24 * time.Hour)
	r.steps()
	r.rotate(name, rotate.Unfinished)
	r.expectSteps(finish)
	// After the labels have moved, finish is not safe and is not called.
	r.set(name, vault.Credential, fields("username", "db", "password", "by hand"))
	r.steps()
	must(t, r.rotate(name, rotate.Rotated))
	r.expectSteps()
}

// F22: a vault that cannot be written to fails before the rotator is called.
func TestNothingIsCalledWithoutTheVault(t *testing.T) {
	r := newRig(t)
	r.add(name)
	r.onCommit = fill
	if err := r.rotate(name, rotate.Failed); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("the error is %v", err)
	}
	r.expectSteps()
}

// F26: the admin's current value is read anew for each step.
func TestAdmin(t *testing.T) {
	r := newRig(t)
	r.set("admins/db", vault.Credential, fields("username", "root", "password", "old"))
	r.add(name)
	for field, value := range map[string]string{
		"admin_secret": "admins/db",
		"masterarn":    "arn:aws:secretsmanager:eu-west-1:123456789012:secret:admins/db-a1B2c3",
	} {
		r.set("admins/db", vault.Credential, fields("username", "root", "password", "old"))
		r.set(name, vault.Credential, fields("username", "db", "password", r.service.accepts["db"], field, value))
		r.calls = nil
		r.after = at(create, 1, func() error {
			r.set("admins/db", vault.Credential, fields("username", "root", "password", "new"))
			return nil
		})
		must(t, r.rotate(name, rotate.Rotated))
		for i, want := range []string{"old", "new", "new", "new"} {
			if got := string(r.calls[i].Admin["password"]); got != want {
				t.Errorf("%s: %s got the admin's password %q, want %q", field, r.calls[i].Step, got, want)
			}
		}
	}
	r.set(name, vault.Credential, fields("username", "db", "password", "x", "admin_secret", "gone"))
	r.calls = nil
	err := r.rotate(name, rotate.Failed)
	if !strings.Contains(err.Error(), `the admin secret: there is no secret named "gone"`) {
		t.Errorf("the error is %v", err)
	}
	r.expectSteps()
}

// F27: a copy of the vault from before a rotation has no value that works.
func TestRestoredBackup(t *testing.T) {
	r := newRig(t)
	r.add(name)
	r.service.accepts["db"] = "of the rotation that the backup does not have"
	r.rotate(name, rotate.Failed)
	if err := r.rotate(name, rotate.Failed); !errors.Is(err, rotate.ErrLockedOut) {
		t.Errorf("the error is %v", err)
	}
	if r.password(name, vault.Current) != "first" {
		t.Error("a dead value was replaced")
	}
}

// F28: the replaced value stays, even with a history of one version.
func TestPreviousStays(t *testing.T) {
	r := newRig(t)
	r.add(name)
	for range 3 {
		r.now = r.now.AddDate(0, 0, 2) // a version without a label is kept for a day
		before := r.password(name, vault.Current)
		must(t, r.rotate(name, rotate.Rotated))
		if got := r.password(name, vault.Previous); got != before {
			t.Fatalf("previous is %q, want %q", got, before)
		}
	}
}

func TestInterrupted(t *testing.T) {
	for _, step := range []rotate.Step{create, set, test} {
		r := newRig(t)
		r.add(name)
		ctx, cancel := context.WithCancel(context.Background())
		r.after = at(step, 1, func() error { cancel(); return fail() })
		if result := r.engine.Rotate(ctx, name, rotate.Now); result.Outcome != rotate.Failed {
			t.Errorf("interrupted in %s it ends as %s", step, result.Outcome)
		}
		result := r.engine.Rotate(ctx, name, rotate.Now)
		if result.Err == nil || !strings.Contains(result.Err.Error(), "interrupted") {
			t.Errorf("interrupted before %s, the error is %v", step, result.Err)
		}
		must(t, r.rotate(name, rotate.Rotated))
		r.settled(name)
	}
}

// A rotator that was not enabled on this machine does not run.
func TestNotAllowed(t *testing.T) {
	r := newRig(t)
	r.add(name)
	r.after = at(set, 1, die)
	r.killed(name)
	r.steps()
	r.engine.Allowed = func(*vault.Secret, rotate.Rotation) bool { return false }
	if err := r.rotate(name, rotate.Failed); !errors.Is(err, rotate.ErrNotAllowed) {
		t.Errorf("the error is %v", err)
	}
	if err := r.engine.Cancel(context.Background(), name); !errors.Is(err, rotate.ErrNotAllowed) {
		t.Errorf("cancel says %v", err)
	}
	r.expectSteps()
}

func TestCancel(t *testing.T) {
	t.Run("not applied", func(t *testing.T) {
		r := newRig(t)
		r.add(name)
		r.before = at(set, 1, die)
		r.killed(name)
		must(t, r.engine.Cancel(context.Background(), name))
		r.settled(name)
		if s, _ := r.get(name); len(s.Versions) != 2 {
			t.Error("the value that was pending left the history")
		}
		if err := r.engine.Cancel(context.Background(), name); !errors.Is(err, rotate.ErrNothingPending) {
			t.Errorf("a second one says %v", err)
		}
		must(t, r.rotate(name, rotate.Rotated))
	})
	t.Run("applied", func(t *testing.T) {
		r := newRig(t)
		r.add(name)
		r.after = at(set, 1, die)
		r.killed(name)
		if err := r.engine.Cancel(context.Background(), name); err == nil {
			t.Fatal("the only value that works was given up")
		}
		must(t, r.rotate(name, rotate.Rotated))
		r.settled(name)
	})
}

// The name is given to another secret while a run waits for the rotator of an earlier
// run: the run must not rotate that secret, whose lock it does not hold.
func TestNameOfAnotherSecretMeanwhile(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("nothing is waited for")
	}
	r := newRig(t)
	r.add(name)
	locked, _ := r.get(name)
	unlock, err := r.vault.LockRotation(locked)
	must(t, err)
	_, end, err := r.vault.LockRotators(t.Context(), locked)
	must(t, err)
	unlock()
	var renamed atomic.Bool
	waiting := make(chan rotate.Result)
	go func() {
		for {
			result := r.engine.Rotate(t.Context(), name, rotate.Now)
			if renamed.Load() || !errors.Is(result.Err, vault.ErrBusy) { // by the loop below
				waiting <- result
				return
			}
		}
	}()
	for { // until it has the lock, and waits
		unlock, err := r.vault.LockRotation(locked)
		if errors.Is(err, vault.ErrBusy) {
			break
		}
		must(t, err)
		unlock()
	}
	renamed.Store(true)
	must(t, r.vault.Remove(name))
	r.add(name)
	other, _ := r.get(name)
	unlock, err = r.vault.LockRotation(other)
	must(t, err)
	defer unlock()
	end()
	if result := <-waiting; !errors.Is(result.Err, vault.ErrBusy) {
		t.Errorf("it rotates what another process does: %q, %v", result.Outcome, result.Err)
	}
	r.expectSteps()
}

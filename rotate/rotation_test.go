package rotate_test

import (
	"encoding/json"
	"errors"
	"testing"
	"time"

	"example.org/secret/rotate"
	"example.org/secret/vault"

	"pgregory.net/rapid"
)

func TestDue(t *testing.T) {
	now := time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC)
	ago := func(d time.Duration) time.Time { return now.Add(-d) }
	const day = 24 * time.Hour
	for _, c := range []struct {
		about    string
		rotation rotate.Rotation
		changed  time.Time // the current version
		want     bool
	}{
		{"its time has come", rotate.Rotation{Schedule: "1d", Rotated: ago(day)}, ago(day), true},
		{"its time has not come", rotate.Rotation{Schedule: "1d", Rotated: ago(day - time.Minute)}, ago(day), false},
		{"never rotated", rotate.Rotation{Schedule: "1d", Since: ago(2 * day)}, ago(3 * day), true},
		{"enabled just now", rotate.Rotation{Schedule: "1d", Since: now}, ago(3 * day), false},
		{"set by hand since", rotate.Rotation{Schedule: "1d", Rotated: ago(2 * day)}, ago(time.Hour), false},
		{"slept through three times", rotate.Rotation{Schedule: "1d", Rotated: ago(4 * day)}, ago(4 * day), true},
		{"no schedule", rotate.Rotation{Rotated: ago(999 * day)}, ago(999 * day), false},
		{"under way", rotate.Rotation{Run: &rotate.Run{Step: rotate.Set}}, ago(0), true},
		{"under way, not before a time", rotate.Rotation{Run: &rotate.Run{RetryAt: now.Add(time.Minute)}}, ago(0), false},
		{"under way, at that time", rotate.Rotation{Run: &rotate.Run{RetryAt: now}}, ago(0), true},
		// F23: the clock was wrong when the rotation failed.
		{"under way, not before a year", rotate.Rotation{Run: &rotate.Run{RetryAt: now.AddDate(1, 0, 0)}}, ago(0), true},
		{"rotated in a year to come", rotate.Rotation{Schedule: "1d", Rotated: now.AddDate(1, 0, 0)}, ago(day), true},
	} {
		c.rotation.Enabled = true
		status, err := c.rotation.Due(c.changed, now)
		if err != nil || status.Rotate != c.want {
			t.Errorf("%s: rotate is %v (%v), want %v", c.about, status.Rotate, err, c.want)
		}
		var s vault.Secret
		must(t, c.rotation.Save(&s))
		idle, mayBeIdle := rotate.Idle(string(s.Rotation), now), c.changed != ago(time.Hour) && c.rotation.Run == nil
		if idle && c.want || !idle && !c.want && mayBeIdle {
			t.Errorf("%s: idle is %v", c.about, idle)
		}
		c.rotation.Enabled = false
		if status, _ := c.rotation.Due(c.changed, now); status.Rotate {
			t.Errorf("%s, but disabled: it is due", c.about)
		}
	}
	bad := rotate.Rotation{Enabled: true, Schedule: "whenever"}
	if _, err := bad.Due(now, now); err == nil {
		t.Error("a schedule that cannot be read is no error")
	}
}

// Idle agrees with the whole record.
func TestIdle(t *testing.T) {
	now := time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC)
	for _, schedule := range []string{"", "1d", "90m", "0 4 * * 1", "cron(0 4 ? * SUN#1 *)", "rate(400 days)"} {
		idle := 0
		for _, window := range []string{"", "3h"} {
			for hours := -100; hours < 3000; hours++ {
				r := rotate.Rotation{
					Enabled: true, Schedule: schedule, Window: window,
					Since: now.Add(-time.Duration(hours) * time.Hour),
				}
				status, err := r.Due(time.Time{}, now)
				var s vault.Secret
				if must(t, r.Save(&s)); rotate.Idle(string(s.Rotation), now) {
					if idle++; status.Rotate || err != nil {
						t.Fatalf("%s in %q, rotated %d hours ago, is idle and due (%v)", schedule, window, hours, err)
					}
				}
			}
		}
		if idle == 0 {
			t.Errorf("%q is never idle", schedule)
		}
	}
	for _, raw := range []string{"", "{", `{"idle":"2026`, `{"enabled":true}`} {
		if rotate.Idle(raw, now) {
			t.Errorf("%q is idle", raw)
		}
	}
}

// A secret that waits for the end of its grace or for another attempt is idle meanwhile, and
// never when it is due.
func TestIdleUnderWay(t *testing.T) {
	start := time.Date(2026, 3, 10, 12, 0, 0, 500, time.UTC)
	rapid.Check(t, func(t *rapid.T) {
		at := func(name string) time.Time {
			return start.Add(time.Duration(rapid.IntRange(-50_000, 50_000).Draw(t, name)) * time.Second)
		}
		r := rotate.Rotation{
			Enabled:  rapid.Bool().Draw(t, "enabled"),
			Schedule: rapid.SampledFrom([]string{"", "90m", "1d"}).Draw(t, "schedule"),
			Grace:    rapid.IntRange(0, 50_000).Draw(t, "grace"),
			Since:    at("since"), Rotated: at("rotated"),
			Run: &rotate.Run{Step: rapid.SampledFrom([]rotate.Step{rotate.Set, rotate.Finish}).Draw(t, "step")},
		}
		if rapid.Bool().Draw(t, "retries") {
			r.Run.RetryAt = at("retry")
		}
		if rapid.Bool().Draw(t, "waits") {
			r.Run.FinishAt = at("finish")
		}
		var s vault.Secret
		if err := r.Save(&s); err != nil {
			t.Fatal(err)
		}
		now := at("now")
		status, err := r.Due(time.Time{}, now)
		if rotate.Idle(string(s.Rotation), now) && (status.Rotate || err != nil) {
			t.Fatalf("%s is idle and due at %v (%v)", s.Rotation, now, err)
		}
	})
	for about, run := range map[string]rotate.Run{
		"in grace":        {Step: rotate.Finish, FinishAt: start.Add(time.Hour)},
		"after a failure": {Step: rotate.Set, RetryAt: start.Add(time.Hour)},
	} {
		var s vault.Secret
		must(t, rotate.Rotation{Enabled: true, Schedule: "1d", Grace: 3600, Since: start, Run: &run}.Save(&s))
		if !rotate.Idle(string(s.Rotation), start.Add(time.Minute)) || rotate.Idle(string(s.Rotation), start.Add(time.Hour)) {
			t.Errorf("%s: idle is wrong in %s", about, s.Rotation)
		}
	}
}

// A service that is down for a night is not called every minute, and a success ends the
// count of failures.
func TestBackoff(t *testing.T) {
	r := newRig(t)
	r.add(name)
	r.service.down = true
	r.now = r.now.Add(6 * time.Hour)
	var waits []time.Duration
	asked := r.now
	for until := r.now.Add(24 * time.Hour); r.now.Before(until); r.now = r.now.Add(time.Minute) {
		if result := r.engine.Rotate(t.Context(), name, rotate.IfDue); result.Outcome != rotate.NotDue {
			waits = append(waits, r.now.Sub(asked))
			asked = r.now
		}
	}
	for i, want := range []time.Duration{0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 360, 360} {
		if i >= len(waits) || waits[i] != want*time.Minute {
			t.Fatalf("it waited for %v; number %d should be %d minutes", waits, i, want)
		}
	}
	if _, rotation := r.get(name); rotation.Run.Failures != len(waits) || rotation.Run.Reason == "" {
		t.Errorf("%d runs are remembered as %+v", len(waits), rotation.Run)
	}
	r.service.down = false
	must(t, r.rotate(name, rotate.Rotated)) // a rotation by name does not wait
	s, rotation := r.get(name)
	events, err := rotate.Log(s)
	must(t, err)
	if last := events[len(events)-1]; rotation.Run != nil || last.Outcome != rotate.Rotated ||
		len(events) != len(waits)+1 {
		t.Errorf("after the success there is %+v, and the log ends with %+v", rotation.Run, last)
	}
}

// The log is bounded.
func TestLogIsBounded(t *testing.T) {
	r := newRig(t)
	r.add(name)
	for range 60 {
		must(t, r.rotate(name, rotate.Rotated))
	}
	s, _ := r.get(name)
	events, err := rotate.Log(s)
	must(t, err)
	if n := len(events); n != 50 || events[n-1].Version != 61 {
		t.Errorf("the log has %d lines and ends with %+v", n, events[n-1])
	}
}

func TestConfigure(t *testing.T) {
	r := newRig(t)
	r.add(name)
	r.before = at(set, 1, die)
	r.killed(name)
	must(t, r.engine.Disable(name))
	_, stopped := r.get(name)
	if stopped.Enabled || stopped.Run == nil {
		t.Fatalf("disabled it is %+v", stopped)
	}
	must(t, r.engine.Configure(name, rotate.Rotation{Rotator: "/other", Schedule: "1d", Window: "3h"}))
	_, rotation := r.get(name)
	if !rotation.Enabled || rotation.Rotator != "/other" || rotation.Run == nil ||
		rotation.Run.Token != stopped.Run.Token {
		t.Errorf("enabled again it is %+v", rotation)
	}
	if err := r.engine.Configure(name, rotate.Rotation{Schedule: "1h", Window: "3h"}); err == nil {
		t.Error("an interval below a day has a window")
	}
	if err := r.engine.Disable("absent"); !errors.Is(err, vault.ErrNotFound) {
		t.Errorf("the error is %v", err)
	}
	r.set("plain", vault.Plaintext, vault.Value{Plain: vault.Bytes("x")})
	if err := r.engine.Disable("plain"); !errors.Is(err, rotate.ErrNotEnabled) {
		t.Errorf("the error is %v", err)
	}
	if _, err := rotate.Of("db", json.RawMessage(`[1]`)); !errors.Is(err, vault.ErrDamaged) {
		t.Errorf("the error is %v", err)
	}
}

package schedule_test

import (
	"testing"
	"time"

	"example.org/secret/rotate/schedule"

	"pgregory.net/rapid"
)

func withWindow(t testing.TB, s schedule.Schedule, window string) schedule.Schedule {
	t.Helper()
	if window == "" {
		return s
	}
	s, err := s.WithWindow(window)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// 4 January 2026 is a Sunday.
const sundays = "cron(0 4 ? * SUN *)"

type statusTest struct {
	name, expr, window, last, now string

	rotate, missed     bool
	due, opens, closes string
}

func checkStatus(t *testing.T, tests []statusTest) {
	t.Helper()
	moment := func(text string) time.Time {
		if text == "" {
			return time.Time{}
		}
		return at(t, text)
	}
	for _, test := range tests {
		s := withWindow(t, parse(t, test.expr, nil), test.window)
		want := schedule.Status{
			Rotate: test.rotate, Missed: test.missed,
			Due: moment(test.due), Opens: moment(test.opens), Closes: moment(test.closes),
		}
		if got := s.Status(moment(test.last), moment(test.now)); got != want {
			t.Errorf("%s: got\n%+v, want\n%+v", test.name, got, want)
		}
	}
}

func TestStatus(t *testing.T) {
	checkStatus(t, []statusTest{
		{
			name: "an interval counts from the last rotation",
			expr: "30d", last: "2026-01-01 10:00", now: "2026-01-31 09:59",
			due: "2026-01-31 10:00", opens: "2026-01-31 10:00",
		},
		{
			name: "and is due when it has passed",
			expr: "30d", last: "2026-01-01 10:00", now: "2026-01-31 10:00",
			rotate: true, due: "2026-01-31 10:00", opens: "2026-01-31 10:00",
		},
		{
			name: "a year of sleep does not change when it fell due",
			expr: "30d", last: "2026-01-01 10:00", now: "2027-01-31 10:00",
			rotate: true, due: "2026-01-31 10:00", opens: "2026-01-31 10:00",
		},
		{
			name: "a cron is due from its time on",
			expr: sundays, last: "2026-01-01", now: "2026-01-04 03:59",
			due: "2026-01-04 04:00", opens: "2026-01-04 04:00",
		},
		{
			name: "and on any day after, until rotated",
			expr: sundays, last: "2026-01-01", now: "2026-01-20 12:00",
			rotate: true, due: "2026-01-04 04:00", opens: "2026-01-04 04:00",
		},
		{
			name: "three times slept through are one rotation",
			expr: sundays, last: "2026-01-20 12:00", now: "2026-01-20 12:01",
			due: "2026-01-25 04:00", opens: "2026-01-25 04:00",
		},
		{
			name: "no last rotation is due at once",
			expr: "30d", now: "2026-01-01 10:00",
			rotate: true, due: "2026-01-01 10:00", opens: "2026-01-01 10:00",
		},
		{
			name: "no last rotation waits for a window",
			expr: sundays, window: "3h", now: "2026-01-01 10:00",
			due: "2026-01-04 04:00", opens: "2026-01-04 04:00", closes: "2026-01-04 07:00",
		},
		{
			name: "no last rotation uses the open window",
			expr: sundays, window: "3h", now: "2026-01-04 06:59",
			rotate: true, due: "2026-01-04 04:00", opens: "2026-01-04 04:00", closes: "2026-01-04 07:00",
		},
		{
			name: "a cron of past years is never due",
			expr: "cron(0 4 1 1 ? 2020)", last: "2026-01-01", now: "2026-01-02",
		},
	})
}

func TestStatusWithWindow(t *testing.T) {
	checkStatus(t, []statusTest{
		{
			name: "a window opens when the cron fires",
			expr: sundays, window: "3h", last: "2026-01-01", now: "2026-01-04 04:00",
			rotate: true, due: "2026-01-04 04:00", opens: "2026-01-04 04:00", closes: "2026-01-04 07:00",
		},
		{
			name: "and is open until its last moment",
			expr: sundays, window: "3h", last: "2026-01-01", now: "2026-01-04 06:59",
			rotate: true, due: "2026-01-04 04:00", opens: "2026-01-04 04:00", closes: "2026-01-04 07:00",
		},
		{
			name: "a missed window is visible and waits for the next",
			expr: sundays, window: "3h", last: "2026-01-01", now: "2026-01-04 07:00",
			missed: true, due: "2026-01-04 04:00", opens: "2026-01-11 04:00", closes: "2026-01-11 07:00",
		},
		{
			name: "which makes up for all that were missed",
			expr: sundays, window: "3h", last: "2026-01-01", now: "2026-01-25 05:00",
			rotate: true, missed: true, due: "2026-01-04 04:00", opens: "2026-01-25 04:00", closes: "2026-01-25 07:00",
		},
		{
			name: "once a window is enough",
			expr: sundays, window: "3h", last: "2026-01-25 05:00", now: "2026-01-25 06:00",
			due: "2026-02-01 04:00", opens: "2026-02-01 04:00", closes: "2026-02-01 07:00",
		},
		{
			name: "windows that overlap are always open",
			expr: "@hourly", window: "90m", last: "2026-01-01 10:30", now: "2026-01-01 20:59",
			rotate: true, missed: true, due: "2026-01-01 11:00", opens: "2026-01-01 20:00", closes: "2026-01-01 21:30",
		},
		{
			name: "the last window of all was missed",
			expr: "cron(0 4 1 1 ? 2026)", window: "3h", last: "2025-12-01", now: "2026-01-02",
			missed: true, due: "2026-01-01 04:00",
		},

		{
			name: "an interval's window opens at midnight",
			expr: "30d", window: "3h", last: "2026-01-01 10:00", now: "2026-01-31 23:59",
			due: "2026-02-01 00:00", opens: "2026-02-01 00:00", closes: "2026-02-01 03:00",
		},
		{
			name: "an interval that ends in a window is due with its opening",
			expr: "30d", window: "3h", last: "2026-01-01 02:59", now: "2026-01-31 00:00",
			rotate: true, due: "2026-01-31 00:00", opens: "2026-01-31 00:00", closes: "2026-01-31 03:00",
		},
		{
			name: "an interval catches up the next night",
			expr: "30d", window: "3h", last: "2026-01-01 02:59", now: "2026-02-03 12:00",
			missed: true, due: "2026-01-31 00:00", opens: "2026-02-04 00:00", closes: "2026-02-04 03:00",
		},
		{
			name: "a window of a whole day",
			expr: "1d", window: "24h", last: "2026-01-01 23:59", now: "2026-01-02 00:00",
			rotate: true, due: "2026-01-02 00:00", opens: "2026-01-02 00:00", closes: "2026-01-03 00:00",
		},
	})
}

func TestStatusOfWrongClocks(t *testing.T) {
	checkStatus(t, []statusTest{
		{
			name: "clocks that differ a little",
			expr: sundays, last: "2026-01-04 04:00", now: "2026-01-04 03:55",
			due: "2026-01-11 04:00", opens: "2026-01-11 04:00",
		},
		{
			name: "an interval ahead is waited for",
			expr: "30d", last: "2026-01-31 10:00", now: "2026-01-01 10:00",
			due: "2026-03-02 10:00", opens: "2026-03-02 10:00",
		},
		{
			name: "more than an interval ahead is not believed",
			expr: "30d", last: "2026-01-31 10:01", now: "2026-01-01 10:00",
			rotate: true, due: "2026-01-01 10:00", opens: "2026-01-01 10:00",
		},
		{
			name: "two fire times ahead are waited for",
			expr: sundays, last: "2026-01-11 04:00", now: "2026-01-03",
			due: "2026-01-18 04:00", opens: "2026-01-18 04:00",
		},
		{
			name: "more than two fire times ahead are not believed",
			expr: sundays, last: "2026-01-11 04:01", now: "2026-01-03",
			rotate: true, due: "2026-01-03", opens: "2026-01-03",
		},
		{
			name: "years ahead, with a window",
			expr: sundays, window: "3h", last: "2035-01-01", now: "2026-01-03",
			due: "2026-01-04 04:00", opens: "2026-01-04 04:00", closes: "2026-01-04 07:00",
		},
	})
}

// On a day of 25 hours, the opening of the window in which the interval ends is
// the opening of the window of the rotation itself.
func TestWindowOnLongDay(t *testing.T) {
	berlin := zone(t, "Europe/Berlin")
	s := withWindow(t, parse(t, "1d", berlin), "24h")
	last := time.Date(2026, 10, 25, 0, 10, 0, 0, berlin)
	got := s.Status(last, last.Add(23*time.Hour))
	if want := time.Date(2026, 10, 26, 0, 0, 0, 0, berlin); got.Rotate || !got.Due.Equal(want) {
		t.Errorf("got %+v, want Due at %v", got, want)
	}
}

// A secret that is rotated whenever its status says so, however seldom someone
// looks, keeps to the hours of its window instead of drifting through the day.
func TestWindowDoesNotDrift(t *testing.T) {
	s := withWindow(t, parse(t, "30d", nil), "3h")
	start := time.Date(2026, 1, 1, 1, 0, 0, 0, time.UTC)
	last, rotations := start, 0
	for now := start; now.Before(start.AddDate(3, 0, 0)); now = now.Add(50 * time.Minute) {
		if !s.Status(last, now).Rotate {
			continue
		}
		if days := int(now.Truncate(24*time.Hour).Sub(last.Truncate(24*time.Hour)).Hours() / 24); days != 30 ||
			now.Hour() != 0 {
			t.Fatalf("rotated at %v, %d days after %v", now, days, last)
		}
		last = now
		rotations++
	}
	if rotations != 36 {
		t.Errorf("%d rotations in three years, want 36", rotations)
	}
}

// A monotonic reading that leaked out would make comparisons ignore that the
// clock was set.
func TestTimesAreOfTheClock(t *testing.T) {
	now := time.Now()
	for _, expr := range []string{"30d", "@daily"} {
		s := parse(t, expr, nil)
		next, _ := s.Next(now)
		for _, got := range []time.Time{next, s.Status(now, now).Due, s.Status(time.Time{}, now).Opens} {
			if got != got.Round(0) {
				t.Errorf("%s: %v has a monotonic reading", expr, got)
			}
		}
	}
}

func TestZeroSchedule(t *testing.T) {
	var s schedule.Schedule
	now := time.Now()
	if got, ok := s.Next(now); ok {
		t.Errorf("Next is %v, want none", got)
	}
	for _, last := range []time.Time{{}, now, now.Add(time.Hour)} {
		if got := s.Status(last, now); got != (schedule.Status{}) {
			t.Errorf("Status is %+v, want none", got)
		}
	}
}

// Whatever the two times are: a secret that is rotated when its status says so
// is not due again at that moment, and one that nobody rotates becomes due
// before long, even if the last rotation seems to lie decades ahead.
func TestNeitherStormNorStall(t *testing.T) {
	berlin := zone(t, "Europe/Berlin")
	rapid.Check(t, func(r *rapid.T) {
		s := drawSchedule(r, berlin)
		last, now := drawTime(r, "last"), drawTime(r, "now")
		st := s.Status(last, now)
		if st.Rotate {
			if again := s.Status(now, now); again.Rotate || !again.Opens.After(now) {
				r.Fatalf("%q: rotated at %v, and again: %+v", s, now, again)
			}
			if st.Opens.After(now) || st.Due.After(now) || st.Opens.Before(st.Due) {
				r.Fatalf("%q at %v: wrong times: %+v", s, now, st)
			}
			return
		}
		if !st.Opens.After(now) {
			r.Fatalf("%q at %v: not to be rotated although open: %+v", s, now, st)
		}
		if got := s.Status(last, st.Opens); !got.Rotate || !got.Opens.Equal(st.Opens) {
			r.Fatalf("%q: announced for %v, then %+v", s, st.Opens, got)
		}
		if last.Before(now) {
			return
		}
		bound := now
		for range 3 {
			bound, _ = s.Next(bound)
		}
		// An interval in a window may wait for one more midnight, each time.
		if st.Opens.After(bound.Add(4 * 25 * time.Hour)) {
			r.Fatalf("%q at %v, last rotated at %v: stalls until %v", s, now, last, st.Opens)
		}
	})
}

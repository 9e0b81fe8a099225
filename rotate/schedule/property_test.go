package schedule_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"example.org/secret/rotate/schedule"

	"pgregory.net/rapid"
)

// values draws the text of a cron field and its values. It counts the values instead of
// reading the text. Only if open does it draw steps that run to the end of the field.
func values(t *rapid.T, label string, low, high int, open bool) (text string, set []int) {
	size := high - low + 1
	var items []string
	for i := range rapid.IntRange(1, 3).Draw(t, label+" items") {
		l := fmt.Sprintf("%s item %d ", label, i)
		first := rapid.IntRange(low, high).Draw(t, l+"first")
		length := rapid.IntRange(1, size).Draw(t, l+"length")
		step := rapid.IntRange(1, max(1, length-1)).Draw(t, l+"step")
		last := low + (first-low+length-1)%size
		item := fmt.Sprintf("%d-%d", first, last)
		switch {
		case length == 1:
			item, step = fmt.Sprint(first), 1
		case length == size && first == low && rapid.Bool().Draw(t, l+"star"):
			item = "*"
		case open && last == high && step > 1 && rapid.Bool().Draw(t, l+"open"):
			item = fmt.Sprint(first)
		}
		if step > 1 {
			item += fmt.Sprintf("/%d", step)
		}
		for n := 0; n < length; n += step {
			set = append(set, low+(first-low+n)%size)
		}
		items = append(items, item)
	}
	return strings.Join(items, ","), set
}

// model is a cron expression and a predicate on the time that a clock on the wall shows,
// made independently of each other.
type model struct {
	expr    string
	matches func(wall time.Time) bool
}

func drawModel(t *rapid.T) model {
	minute, minutes := values(t, "minute", 0, 59, true)
	hour, hours := values(t, "hour", 0, 23, true)
	month, months := "*", []int(nil)
	if rapid.Bool().Draw(t, "months") {
		month, months = values(t, "month", 1, 12, true)
	}
	var expr string
	var day func(time.Time) bool
	if rapid.Bool().Draw(t, "AWS") {
		var dom, dow string
		dom, dow, day = drawAWSDay(t)
		expr = fmt.Sprintf("cron(%s %s %s %s %s *)", minute, hour, dom, month, dow)
	} else {
		var dom, dow string
		dom, dow, day = drawCrontabDay(t)
		expr = fmt.Sprintf("%s %s %s %s %s", minute, hour, dom, month, dow)
	}
	return model{expr, func(wall time.Time) bool {
		return slices.Contains(minutes, wall.Minute()) && slices.Contains(hours, wall.Hour()) &&
			(months == nil || slices.Contains(months, int(wall.Month()))) && day(wall)
	}}
}

func drawCrontabDay(t *rapid.T) (dom, dow string, match func(time.Time) bool) {
	dom, days := values(t, "day", 1, 31, true)
	dow, weekdays := values(t, "weekday", 0, 6, false)
	or := !strings.HasPrefix(dom, "*") && !strings.HasPrefix(dow, "*")
	return dom, dow, func(wall time.Time) bool {
		a, b := slices.Contains(days, wall.Day()), slices.Contains(weekdays, int(wall.Weekday()))
		return a && b || or && (a || b)
	}
}

func drawAWSDay(t *rapid.T) (dom, dow string, match func(time.Time) bool) {
	n := rapid.IntRange(1, 31).Draw(t, "n")
	weekday := rapid.IntRange(1, 7).Draw(t, "day of the week")
	is := func(wall time.Time) bool { return int(wall.Weekday())+1 == weekday }
	monthOf := func(wall time.Time, days int) time.Month { return wall.AddDate(0, 0, days).Month() }
	switch rapid.IntRange(0, 5).Draw(t, "kind of day") {
	case 0:
		dom, days := values(t, "day", 1, 31, true)
		return dom, "?", func(wall time.Time) bool { return slices.Contains(days, wall.Day()) }
	case 1:
		dow, weekdays := values(t, "weekday", 1, 7, true)
		return "?", dow, func(wall time.Time) bool { return slices.Contains(weekdays, int(wall.Weekday())+1) }
	case 2:
		return "L", "?", func(wall time.Time) bool { return monthOf(wall, 1) != wall.Month() }
	case 3:
		return "?", fmt.Sprintf("%dL", weekday), func(wall time.Time) bool {
			return is(wall) && monthOf(wall, 7) != wall.Month()
		}
	case 4:
		nth := n%5 + 1
		return "?", fmt.Sprintf("%d#%d", weekday, nth), func(wall time.Time) bool {
			return is(wall) && monthOf(wall, -7*(nth-1)) == wall.Month() && monthOf(wall, -7*nth) != wall.Month()
		}
	}
	return fmt.Sprintf("%dW", n), "?", func(wall time.Time) bool { return isNearestWeekday(wall, n) }
}

// isNearestWeekday tells that the day is the working day nearest to day n of
// its month, by trying days at growing distance from n.
func isNearestWeekday(wall time.Time, n int) bool {
	target := time.Date(wall.Year(), wall.Month(), n, 0, 0, 0, 0, time.UTC)
	if target.Month() != wall.Month() {
		return false
	}
	for _, distance := range []int{0, -1, 1, -2, 2} {
		d := target.AddDate(0, 0, distance)
		if d.Month() == target.Month() && d.Weekday() != time.Saturday && d.Weekday() != time.Sunday {
			return d.Day() == wall.Day()
		}
	}
	return false
}

// firstMatch watches the clock on the wall minute by minute, as a patient
// person would: a match counts when the clock first reaches or leaps past it.
func firstMatch(m model, after time.Time, days int) (time.Time, bool) {
	var high time.Time
	start := after.Add(-48 * time.Hour).Truncate(time.Minute)
	end := after.Add(time.Duration(days) * 24 * time.Hour)
	for now := start; !now.After(end); now = now.Add(time.Minute) {
		_, offset := now.Zone()
		wall := now.UTC().Add(time.Duration(offset) * time.Second)
		if high.IsZero() {
			high = wall.Add(-time.Minute)
		}
		fired := false
		for high.Before(wall) {
			high = high.Add(time.Minute)
			fired = fired || m.matches(high)
		}
		if fired && now.After(after) {
			return now, true
		}
	}
	return time.Time{}, false
}

func TestNextMatchesWatchingTheClock(t *testing.T) {
	// Each near a change of its clocks, so that most draws meet one.
	changes := []struct{ zone, near string }{
		{"UTC", "2026-02-27 12:00"},
		{"Asia/Kathmandu", "2028-02-28 12:00"},
		{"America/New_York", "2026-03-08 00:00"},
		{"America/New_York", "2026-11-01 00:00"},
		{"Europe/Dublin", "2026-10-24 22:00"},
		{"Australia/Lord_Howe", "2026-04-04 12:00"},
		{"Australia/Lord_Howe", "2026-10-03 12:00"},
		{"America/Sao_Paulo", "2018-11-03 20:00"},
		{"America/Sao_Paulo", "2018-02-17 20:00"},
		{"Pacific/Apia", "2011-12-29 20:00"},
		{"Africa/Cairo", "2026-10-29 18:00"},
	}
	for _, c := range changes {
		zone(t, c.zone)
	}
	found := 0
	rapid.Check(t, func(r *rapid.T) {
		const days = 4
		m := drawModel(r)
		c := rapid.SampledFrom(changes).Draw(r, "change")
		loc, near := zone(t, c.zone), at(t, c.near)
		after := near.In(loc).Add(time.Duration(rapid.IntRange(-36*3600, 36*3600).Draw(r, "seconds")) * time.Second)
		s, err := schedule.Parse(m.expr, loc)
		if err != nil {
			// The model never asks for a wrong field, only for rare days.
			if !strings.Contains(err.Error(), "no such date ever comes") {
				r.Fatal(err)
			}
			return
		}
		want, ok := firstMatch(m, after, days)
		got, fires := s.Next(after)
		switch {
		case ok:
			found++
			if !fires || !got.Equal(want) {
				r.Fatalf("%q after %v: got %v, want %v", m.expr, after, got, want)
			}
		case fires && got.Before(after.Add(days*24*time.Hour)):
			r.Fatalf("%q after %v: got %v, want none in %d days", m.expr, after, got, days)
		}
	})
	if found == 0 {
		t.Error("no schedule that was drawn ever fired")
	}
}

// The days of decades, at one minute each, include leap years, fifth weekdays and the ends
// of months.
func TestNextMatchesLeafingThroughTheCalendar(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		m := drawModel(r)
		s, err := schedule.Parse(m.expr, nil)
		if err != nil {
			return
		}
		from := time.Date(rapid.IntRange(1970, 2150).Draw(r, "year"), 1, 1, 0, 0, 0, 0, time.UTC)
		first, ok := s.Next(from)
		if !ok || !m.matches(first) {
			r.Fatalf("%q after %v: %v, %v", m.expr, from, first, ok)
		}
		// Of the day of the first fire nothing is known but that minute.
		for day := from.AddDate(0, 0, 1); day.Before(first.Truncate(24 * time.Hour)); day = day.AddDate(0, 0, 1) {
			if m.matches(time.Date(day.Year(), day.Month(), day.Day(), first.Hour(), first.Minute(), 0, 0, time.UTC)) {
				r.Fatalf("%q after %v: got %v, but %v matches", m.expr, from, first, day)
			}
		}
	})
}

func drawSchedule(t *rapid.T, loc *time.Location) schedule.Schedule {
	expr := rapid.OneOf(
		rapid.SampledFrom([]string{
			"1m", "12h", "1d", "30d", "rate(7 days)", "@hourly", "@daily", "0 4 29 2 *",
			"cron(0 4 ? * SUN#1 *)",
		}),
		rapid.Custom(func(t *rapid.T) string { return drawModel(t).expr }),
	).Draw(t, "expression")
	s, err := schedule.Parse(expr, loc)
	if err != nil {
		t.Skip("a date that never comes")
	}
	window := rapid.SampledFrom([]string{"", "1m", "1h", "3h", "24h"}).Draw(t, "window")
	if w, err := s.WithWindow(window); err == nil {
		return w
	}
	return s
}

func drawTime(t *rapid.T, label string) time.Time {
	const from, to = 1_700_000_000, 2_000_000_000
	return time.Unix(rapid.Int64Range(from, to).Draw(t, label), 0).UTC()
}

func TestNextIsLater(t *testing.T) {
	berlin := zone(t, "Europe/Berlin")
	rapid.Check(t, func(r *rapid.T) {
		s := drawSchedule(r, berlin)
		after := drawTime(r, "after")
		for range 10 {
			next, ok := s.Next(after)
			if !ok || !next.After(after) {
				r.Fatalf("%q after %v: %v, %v", s, after, next, ok)
			}
			// Nothing lies between the two.
			between := after.Add(time.Duration(rapid.Int64Range(0, int64(next.Sub(after)-1)).Draw(r, "between")))
			if again, _ := s.Next(between); again.Before(next) {
				r.Fatalf("%q: %v after %v, but %v after %v", s, next, after, again, between)
			}
			after = next
		}
	})
}

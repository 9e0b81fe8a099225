package schedule

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/netresearch/go-cron"
)

// maxLength bounds an expression, in bytes. Its form for the cron library is up to five
// times as long, and the library accepts no more than 1024.
const maxLength = 200

// A Schedule says when a secret is to be rotated. It is immutable and may be
// used from several goroutines. Two schedules of the same String, zone and
// window behave the same. The zero Schedule never makes anything due.
type Schedule struct {
	text   string
	every  time.Duration // zero for a cron
	opens  calendar      // a cron's fire times, or the openings of an interval's windows
	window time.Duration // zero for none
}

// Parse reads a schedule in one of the forms that the package comment lists.
// Fields of a cron are read in loc, where nil means UTC; an interval is the
// same everywhere, but its windows open at midnight in loc.
//
// An interval is at least one minute and at most 292 years. A cron that can
// never fire, such as one for 30 February, is refused. An error is one line with the
// expression, its fault and a correct form.
func Parse(expr string, loc *time.Location) (Schedule, error) {
	if loc == nil {
		loc = time.UTC
	}
	text := strings.Join(strings.Fields(expr), " ")
	switch {
	case text == "":
		return Schedule{}, errors.New(`no schedule given: write an interval such as "30d", or a cron such as "0 4 * * 1"`)
	case len(text) > maxLength:
		return Schedule{}, fmt.Errorf("schedule of %d bytes: the limit is %d", len(text), maxLength)
	}
	if body, ok := call(text, "rate"); ok {
		every, err := parseRate(body)
		if err != nil {
			return Schedule{}, fmt.Errorf(`schedule %q: %w: write "rate(30 days)"`, text, err)
		}
		return Schedule{text: "rate(" + body + ")", every: every, opens: calendar{loc: loc}}, nil
	}
	if body, ok := call(text, "cron"); ok {
		fires, err := parseAWS(body)
		if err != nil {
			return Schedule{}, fmt.Errorf(`schedule %q: %w: write six fields, such as "cron(0 4 ? * SUN#1 *)"`, text, err)
		}
		return Schedule{text: "cron(" + body + ")", opens: calendar{fires, loc}}, nil
	}
	if strings.HasPrefix(text, "@") || strings.ContainsAny(text, " (") {
		fires, err := parseCrontab(text)
		if err != nil {
			return Schedule{}, fmt.Errorf(`schedule %q: %w: write "30d", or five fields such as "0 4 * * 1"`, text, err)
		}
		return Schedule{text: text, opens: calendar{fires, loc}}, nil
	}
	every, err := parseDuration(text)
	if err != nil {
		return Schedule{}, fmt.Errorf(`schedule %q: %w: write "30d", or a cron such as "0 4 1 * *"`, text, err)
	}
	return Schedule{text: text, every: every, opens: calendar{loc: loc}}, nil
}

// call returns the text between the parentheses of name(…).
func call(text, name string) (body string, ok bool) {
	body, ok = strings.CutPrefix(text, name+"(")
	if !ok {
		return "", false
	}
	body, ok = strings.CutSuffix(body, ")")
	return strings.TrimSpace(body), ok
}

// ParseZone returns the time zone of an IANA name such as "Europe/Berlin". The
// empty name is UTC. "Local" is refused: a vault that moves to a machine
// elsewhere would silently change its schedules.
func ParseZone(name string) (*time.Location, error) {
	loc, err := time.LoadLocation(name)
	if err != nil || name == "Local" {
		return nil, fmt.Errorf(`time zone %q is not known here: write an IANA name such as "Europe/Berlin", or "UTC"`, name)
	}
	return loc, nil
}

// WithWindow returns the schedule confined to windows of the given length, a
// duration such as "3h" and at least a minute. The package comment says when
// they open. The windows of an interval are at most a day long, and an interval
// below a day can have none. A window longer than the time between two fires of
// a cron is always open.
func (s Schedule) WithWindow(window string) (Schedule, error) {
	const day = 24 * time.Hour
	length, err := parseDuration(window)
	if err != nil {
		return Schedule{}, fmt.Errorf(`window %q: %w: write a duration such as "3h"`, window, err)
	}
	if s.every > 0 {
		if s.every < day {
			return Schedule{}, fmt.Errorf(`window %q: the windows of an interval open at midnight, `+
				`and %q is shorter than a day: leave the window out, or name the hours with a cron such as "0 */12 * * *"`,
				window, s.text)
		}
		if length > day {
			return Schedule{}, fmt.Errorf("window %q: the windows of an interval open every midnight "+
				`and can be a day long at most: write a duration such as "3h"`, window)
		}
		if s.opens.fires, err = parseCrontab("@daily"); err != nil {
			return Schedule{}, err
		}
	}
	s.window = length
	return s, nil
}

// String returns the expression as it was given, with spaces normalised. It
// parses to the same schedule again; zone and window are not part of it.
func (s Schedule) String() string { return s.text }

// Next returns when a secret that was rotated at the given time falls due
// again, in the schedule's zone. It is always later than after. For a cron it
// is the next fire time; for an interval with a window, the opening of the
// window in which the interval ends or, if it ends in none, of the one that
// follows. It returns false when the schedule never fires again, as a cron of
// past years does.
func (s Schedule) Next(after time.Time) (time.Time, bool) {
	after = after.Round(0)
	switch {
	case s.every == 0:
		return s.opens.next(after)
	case s.window == 0:
		return after.Add(s.every).In(s.opens.loc), true
	}
	// The first opening later than end-window is the one of the window that
	// holds end, if there is one. It is later than after, too, since WithWindow
	// lets no window be longer than the interval.
	end := after.Add(s.every)
	return s.opens.next(end.Add(-s.window))
}

// calendar is a set of times of the clock on the wall in a zone.
type calendar struct {
	fires cron.Schedule // always asked in UTC; nil for no times at all
	loc   *time.Location
}

// next returns the first time of the calendar that is later than after.
//
// The library is asked about a clock that knows no daylight saving: asked in
// loc, it fires twice in a repeated hour, and it never returns for a zone that
// skipped a whole day (Pacific/Apia, 30 December 2011).
func (c calendar) next(after time.Time) (time.Time, bool) {
	if c.fires == nil {
		return time.Time{}, false
	}
	wall := beforeAll()
	if after.After(wall) {
		wall = wallClock(after.In(c.loc))
	}
	for {
		wall = c.fires.Next(wall)
		if wall.IsZero() {
			return time.Time{}, false
		}
		// Only in a repeated hour is it not later, and that hour ends.
		if t := instant(wall, c.loc); t.After(after) {
			return t, true
		}
	}
}

// wallClock returns the time that a clock on the wall shows at t, as a time in UTC.
func wallClock(t time.Time) time.Time {
	_, offset := t.Zone()
	return t.UTC().Add(time.Duration(offset) * time.Second)
}

// instant returns the first moment at which the clock on the wall in loc shows
// wall or, if it skips that time, the moment at which it skips.
func instant(wall time.Time, loc *time.Location) time.Time {
	t := time.Date(wall.Year(), wall.Month(), wall.Day(), wall.Hour(), wall.Minute(), wall.Second(), 0, loc)
	start, end := t.ZoneBounds()
	// For a skipped time, Date answers with a time on either side of the gap.
	switch shown := wallClock(t); {
	case shown.After(wall):
		return start
	case shown.Before(wall):
		return end
	}
	_, offset := start.Add(-time.Second).Zone()
	if first := wall.Add(-time.Duration(offset) * time.Second); first.Before(start) {
		return first.In(loc)
	}
	return t
}

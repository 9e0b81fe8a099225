package schedule_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"example.org/secret/rotate/schedule"
)

const layout = "2006-01-02 15:04:05 -0700"

func parse(t testing.TB, expr string, loc *time.Location) schedule.Schedule {
	t.Helper()
	s, err := schedule.Parse(expr, loc)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	loc, err := schedule.ParseZone(name)
	if err != nil {
		t.Skipf("no time zone database here: %v", err)
	}
	return loc
}

func at(t testing.TB, text string) time.Time {
	t.Helper()
	for _, l := range []string{layout, "2006-01-02 15:04", "2006-01-02"} {
		if moment, err := time.Parse(l, text); err == nil {
			return moment
		}
	}
	t.Fatalf("test gives %q as a time", text)
	return time.Time{}
}

func TestInterval(t *testing.T) {
	const day = 24 * time.Hour
	tests := map[string]time.Duration{
		"30d":                        30 * day,
		"12h":                        12 * time.Hour,
		"2w":                         14 * day,
		"90m":                        90 * time.Minute,
		"1m":                         time.Minute,
		"60s":                        time.Minute,
		"1w2d":                       9 * day,
		"1.5d":                       36 * time.Hour,
		"15000w":                     15000 * 7 * day,
		"rate(30 days)":              30 * day,
		"rate(1 day)":                day,
		"rate(12 hours)":             12 * time.Hour,
		"rate(1 hour)":               time.Hour,
		"rate(5 minutes)":            5 * time.Minute,
		"rate(1 minute)":             time.Minute,
		" rate(\u00a0030 \t days ) ": 30 * day,
	}
	// A change to summer time lies within each of the longer intervals.
	last := time.Date(2026, 3, 28, 10, 11, 12, 13, time.UTC)
	for expr, want := range tests {
		got, ok := parse(t, expr, zone(t, "Europe/Berlin")).Next(last)
		if !ok || got.Sub(last) != want {
			t.Errorf("%q: next after %v, %v; want %v", expr, got.Sub(last), ok, want)
		}
	}
}

func TestString(t *testing.T) {
	tests := map[string]string{
		" 30d\n":                       "30d",
		"0  4\t* * 1":                  "0 4 * * 1",
		"cron( 0 4 ? *  SUN#1 * )":     "cron(0 4 ? * SUN#1 *)",
		"rate( 30  days )":             "rate(30 days)",
		"cron(0 4 ? jan-mar sun 2030)": "cron(0 4 ? jan-mar sun 2030)",
		"@daily":                       "@daily",
	}
	for expr, want := range tests {
		if got := parse(t, expr, nil).String(); got != want {
			t.Errorf("%q is shown as %q, want %q", expr, got, want)
		}
	}
}

type errorTest struct{ expr, want string }

// checkErrors requires that each refusal is one line, quotes the expression, and shows a
// correct form.
func checkErrors(t *testing.T, tests []errorTest) {
	t.Helper()
	for _, test := range tests {
		s, err := schedule.Parse(test.expr, nil)
		if err == nil {
			t.Errorf("%q is accepted", test.expr)
			continue
		}
		if s.String() != "" {
			t.Errorf("%q: a schedule came with the error", test.expr)
		}
		got := err.Error()
		if !strings.Contains(got, test.want) || strings.ContainsAny(got, "\n\x1b") {
			t.Errorf("%q: error is\n%s\nwhich does not say %q", test.expr, got, test.want)
		}
		if len(test.expr) <= 200 && !strings.Contains(got, "write ") {
			t.Errorf("%q: error shows no right form: %s", test.expr, got)
		}
	}
}

func TestIntervalErrors(t *testing.T) {
	checkErrors(t, []errorTest{
		{"", `no schedule given: write an interval such as "30d", or a cron such as "0 4 * * 1"`},
		{strings.Repeat("9", 201), "schedule of 201 bytes: the limit is 200"},
		{"30", "not a duration of w, d, h and m"},
		{"30 days", "neither an interval nor a cron"},
		{"30days", "not a duration"},
		{"soon\x1b[2J", `schedule "soon\x1b[2J": not a duration`},
		{"59s", "shorter than a minute"},
		{"0d", "shorter than a minute"},
		{"-30d", "shorter than a minute"},
		{"16000w", "below 292 years"},
		{"3mo", "months and years differ in length"},
		{"1y", "months and years differ in length"},
		{"1M", "months and years differ in length"},
		{"2w1month", "months and years differ in length"},
		{"rate(1 month)", "months and years differ in length"},
		{"rate(30days)", "a rate is a whole number and a unit"},
		{"rate(1.5 days)", "a rate is a whole number and a unit"},
		{"rate(-1 days)", "a rate is a whole number and a unit"},
		{"rate()", "a rate is a whole number and a unit"},
		{"rate(5 weeks)", "the unit of a rate is minutes, hours or days"},
		{"rate(5 days 1)", "the unit of a rate is minutes, hours or days"},
		{"rate(0 days)", "shorter than a minute"},
		{"rate(999999 days)", "below 292 years"},
		{"rate(5 days", "closing parenthesis"},
		{"cron(", "closing parenthesis"},
	})
}

func TestCrontabErrors(t *testing.T) {
	checkErrors(t, []errorTest{
		{"@fortnightly", "the names are @hourly"},
		{"@every 36h", "the names are @hourly"},
		{"TZ=UTC 0 4 * * 1", `"cron(TZ=UTC 0 4 * * 1)"`},
		{"CRON_TZ=UTC 4 * * 1", `minute "CRON_TZ=UTC"`},
		{"0 4 ? * SUN#1 *", `written "cron(0 4 ? * SUN#1 *)"`},
		{"0 4 * * \x1b 1", `written "cron(0 4 * * \x1b 1)"`},
		{"0 4 * *", "neither an interval nor a cron"},
		{"0 4 L * *", "belong to AWS's form"},
		{"0 4 15W * *", "belong to AWS's form"},
		{"0 4 ? * 1", "belong to AWS's form"},
		{"0 4 * * 1#2", "belong to AWS's form"},
		{"0 4 * * 5L", "belong to AWS's form"},
		{"60 4 * * *", `minute "60" is not between 0 and 59: write`},
		{"0 24 * * *", `hour "24" is not between 0 and 23`},
		{"0 4 0 * *", `day of month "0" is not between 1 and 31`},
		{"0 4 * 13 *", `month "13" is not between 1 and 12 or JAN and DEC`},
		{"0 4 * * 8", `day of week "8" is not between 0 and 7 or SUN and SAT`},
		{"0 4 * * UNM", `day of week "UNM"`},
		{"0 4 * ANF *", `month "ANF"`},
		{"0 4 * * +1", `day of week "+1"`},
		{"0 4 1,,2 * *", `day of month ""`},
		{"0 4 *-5 * *", `day of month "*"`},
		{"0 4 1-5-9 * *", `day of month "5-9"`},
		{"0 4/0 * * *", "a number from 1 follows the slash"},
		{"0 4/+2 * * *", "a number from 1 follows the slash"},
		{"0 4/2/2 * * *", "a number from 1 follows the slash"},
		{"*/60 * * * *", "the step leaps over all of the 60 values"},
		{"*/90 * * * *", "the step leaps over all of the 60 values"},
		{"H 4 * * *", `minute "H"`},
		{"0 4 30 2 *", "no such date ever comes"},
		{"0 4 31 4,6,9,11 *", "no such date ever comes"},
	})
}

func TestAWSErrors(t *testing.T) {
	checkErrors(t, []errorTest{
		{"cron(0 4 * * 1)", "5 fields where"},
		{"cron(0 4 * * * *)", "exactly one of day of month and day of week must be ?"},
		{"cron(0 4 ? * ? *)", "exactly one of day of month and day of week must be ?"},
		{"cron(? 4 * * ? *)", `minute "?"`},
		{"cron(0 4 ? * 0 *)", `day of week "0" is not between 1 and 7`},
		{"cron(0 4 ? * 8L *)", `day of week "8"`},
		{"cron(0 4 ? * 2#6 *)", "a number from 1 to 5 follows #"},
		{"cron(0 4 ? * #2 *)", `day of week ""`},
		{"cron(0 4 ? * MON#1,FRI#1 *)", "# cannot be part of a list"},
		{"cron(0 4 W * ? *)", `day of month ""`},
		{"cron(0 4 32W * ? *)", `day of month "32"`},
		{"cron(0 4 * * ? 1969)", `year "1969" is not between 1970 and 2199`},
		{"cron(0 4 * * ? 1970-2147483647)", `year "2147483647"`},
		{"cron(0 4 * * ? 2031-2030)", "ends before it begins"},
		{"cron(0 4 30 2 ? *)", "no such date ever comes"},
		{"cron(0 4 29 FEB ? 2027)", "no such date ever comes"},
		{"cron(0 4 31W JUN ? *)", "no such date ever comes"},
	})
}

func TestParseZone(t *testing.T) {
	if loc, err := schedule.ParseZone(""); err != nil || loc != time.UTC {
		t.Errorf("the empty name gives %v, %v; want UTC", loc, err)
	}
	for _, name := range []string{"Local", "Europe/Atlantis", "../etc/passwd", "CEST"} {
		if loc, err := schedule.ParseZone(name); err == nil {
			t.Errorf("%q gives %v, want an error", name, loc)
		} else if want := fmt.Sprintf("time zone %q", name); !strings.Contains(err.Error(), want) {
			t.Errorf("error %q does not name %s", err, want)
		}
	}
}

func TestWithWindowErrors(t *testing.T) {
	tests := []struct{ expr, window, want string }{
		{"30d", "", "not a duration"},
		{"30d", "3", "not a duration"},
		{"30d", "0h", "shorter than a minute"},
		{"30d", "-3h", "shorter than a minute"},
		{"30d", "1M", "months and years"},
		{"30d", "25h", "a day long at most"},
		{"12h", "1h", `"12h" is shorter than a day`},
	}
	for _, test := range tests {
		_, err := parse(t, test.expr, nil).WithWindow(test.window)
		if err == nil || !strings.Contains(err.Error(), test.want) ||
			!strings.Contains(err.Error(), fmt.Sprintf("window %q", test.window)) {
			t.Errorf("%s with window %q: error %v does not say %q", test.expr, test.window, err, test.want)
		}
	}
}

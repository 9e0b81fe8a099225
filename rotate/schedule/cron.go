package schedule

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/netresearch/go-cron"
)

// The cron library has a dialect of its own. This file checks the fields of the two
// dialects that the package accepts, and rewrites them into the library's. That one
// differs from AWS's in the numbers of weekdays, the last weekday of a month,
// open-ended steps of years, and in its errors.

const (
	firstYear = 1970 // AWS's years
	lastYear  = 2199

	monthNames = "JANFEBMARAPRMAYJUNJULAUGSEPOCTNOVDEC"
	dayNames   = "SUNMONTUEWEDTHUFRISAT"
)

// beforeAll is the moment from which the first fire time of a cron is looked
// for, just before the first year.
func beforeAll() time.Time {
	return time.Date(firstYear, 1, 1, 0, 0, -1, 0, time.UTC)
}

// parseAWS reads the six fields of cron(…).
func parseAWS(body string) (cron.Schedule, error) {
	parts := strings.Fields(strings.ToUpper(body))
	if len(parts) != 6 {
		return nil, fmt.Errorf("%d fields where minute, hour, day of month, month, day of week and year belong", len(parts))
	}
	// Without this rule of AWS's, "0 4 1 * * *" would pass for the first of the
	// month while its writer may have meant every day.
	if (parts[2] == "?") == (parts[4] == "?") {
		return nil, errors.New("exactly one of day of month and day of week must be ?")
	}
	if strings.Contains(parts[4], "#") && strings.Contains(parts[4], ",") {
		return nil, fmt.Errorf("day of week %q: # cannot be part of a list", parts[4])
	}
	for _, i := range []int{2, 4} {
		if parts[i] == "?" {
			parts[i] = "*"
		}
	}
	return compile(parts, []field{
		{name: "minute", max: 59},
		{name: "hour", max: 23},
		{name: "day of month", min: 1, max: 31, special: awsDay},
		{name: "month", min: 1, max: 12, names: monthNames},
		{name: "day of week", min: 1, max: 7, names: dayNames, special: awsWeekday},
		{name: "year", min: firstYear, max: lastYear},
	}, 0)
}

// parseCrontab reads five fields as crontab(5) does, or a name such as @daily.
func parseCrontab(text string) (cron.Schedule, error) {
	switch text {
	case "@hourly":
		text = "0 * * * *"
	case "@daily", "@midnight":
		text = "0 0 * * *"
	case "@weekly":
		text = "0 0 * * 0"
	case "@monthly":
		text = "0 0 1 * *"
	case "@yearly", "@annually":
		text = "0 0 1 1 *"
	}
	parts := strings.Fields(strings.ToUpper(text))
	switch {
	case strings.HasPrefix(text, "@"):
		return nil, errors.New("the names are @hourly, @daily, @weekly, @monthly and @yearly")
	case strings.HasPrefix(text, "cron(") || strings.HasPrefix(text, "rate("):
		return nil, errors.New("the closing parenthesis is missing")
	case len(parts) == 6:
		return nil, fmt.Errorf("six fields are AWS's form, which is written %q", "cron("+text+")")
	case len(parts) != 5:
		return nil, errors.New("neither an interval nor a cron")
	case strings.ContainsAny(parts[2], "LW?") || strings.ContainsAny(parts[4], "L#?"):
		return nil, errors.New("the signs L, W, # and ? belong to AWS's form of six fields, cron(…)")
	}
	// crontab(5): a day matches either field if both are restricted, and a
	// field that starts with a star, even */2, is not restricted.
	var options cron.ParseOption
	if parts[2][0] != '*' && parts[4][0] != '*' {
		options = cron.DowOrDom
	}
	return compile(append(parts, "*"), []field{
		{name: "minute", max: 59},
		{name: "hour", max: 23},
		{name: "day of month", min: 1, max: 31},
		{name: "month", min: 1, max: 12, names: monthNames},
		{name: "day of week", max: 7, names: dayNames},
		{name: "year", min: firstYear, max: lastYear},
	}, options)
}

// compile rewrites the parts, one for each field, and has the library read them.
func compile(parts []string, fields []field, options cron.ParseOption) (cron.Schedule, error) {
	out := make([]string, len(fields))
	for i, f := range fields {
		var err error
		if out[i], err = f.rewrite(parts[i]); err != nil {
			return nil, err
		}
	}
	options |= cron.Minute | cron.Hour | cron.Dom | cron.Month | cron.Dow | cron.Year | cron.Extended
	parser, err := cron.TryNewParser(options)
	if err != nil {
		return nil, err
	}
	// The library gives up after five years by default. 29 February on a
	// Monday can be forty years away, and a year that was named, further.
	fires, err := parser.WithMaxSearchYears(lastYear - firstYear + 1).Parse(strings.Join(out, " "))
	if err != nil {
		return nil, err
	}
	if fires.Next(beforeAll()).IsZero() {
		return nil, errors.New("no such date ever comes")
	}
	return fires, nil
}

// awsDay rewrites the items that only AWS's day of month has: L, LW and 15W.
func awsDay(f field, item string) (string, error) {
	if item == "L" || item == "LW" {
		return item, nil
	}
	day, ok := strings.CutSuffix(item, "W")
	if !ok {
		return "", nil
	}
	n, err := f.value(day)
	return strconv.Itoa(n) + "W", err
}

// awsWeekday rewrites the items that only AWS's day of week has: L for Saturday, FRIL for
// the last Friday of the month and FRI#2 for its second.
func awsWeekday(f field, item string) (string, error) {
	if item == "L" {
		return f.weekday(f.max), nil
	}
	if day, ok := strings.CutSuffix(item, "L"); ok {
		n, err := f.value(day)
		return f.weekday(n) + "#L", err
	}
	day, nth, ok := strings.Cut(item, "#")
	if !ok {
		return "", nil
	}
	if len(nth) != 1 || nth < "1" || nth > "5" {
		return "", fmt.Errorf("day of week %q: a number from 1 to 5 follows #", item)
	}
	n, err := f.value(day)
	return f.weekday(n) + "#" + nth, err
}

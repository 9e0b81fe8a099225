package schedule

import (
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/xhit/go-str2duration/v2"
)

// parseDuration reads a duration such as 30d, 1w2d or 90m, of a minute or more.
func parseDuration(text string) (time.Duration, error) {
	d, err := str2duration.ParseDuration(text)
	switch {
	case err != nil && slices.ContainsFunc(units(text), isCalendarUnit):
		return 0, errors.New("months and years differ in length and are not understood")
	case err != nil:
		return 0, errors.New("not a duration of w, d, h and m, below 292 years")
	case d < time.Minute:
		return 0, errors.New("shorter than a minute")
	}
	return d, nil
}

// parseRate reads the text between the parentheses of rate(30 days).
func parseRate(body string) (time.Duration, error) {
	count, unit, _ := strings.Cut(body, " ")
	if !isDigits(count) {
		return 0, errors.New("a rate is a whole number and a unit")
	}
	switch unit {
	case "minute", "minutes", "hour", "hours", "day", "days":
		return parseDuration(count + unit[:1])
	}
	if isCalendarUnit(unit) {
		return parseDuration(count + unit)
	}
	return 0, errors.New("the unit of a rate is minutes, hours or days")
}

// units returns the words between the numbers of a duration.
func units(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return '0' <= r && r <= '9' || r == '.' })
}

// isCalendarUnit tells months and years, in the ways people write them. The
// capital M is among them because m is minutes: guessing either is dangerous.
func isCalendarUnit(unit string) bool {
	switch strings.ToLower(unit) {
	case "mo", "mon", "month", "months", "y", "yr", "yrs", "year", "years":
		return true
	}
	return unit == "M"
}

func isDigits(text string) bool {
	return text != "" && strings.Trim(text, "0123456789") == ""
}

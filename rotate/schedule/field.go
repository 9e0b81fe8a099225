package schedule

import (
	"fmt"
	"strconv"
	"strings"
)

// A field is one of those that make up a cron expression.
type field struct {
	name     string // for messages
	min, max int
	names    string // three capitals for each value, from min on
	// special rewrites an item that only this field may have, and returns ""
	// for one that it does not know.
	special func(f field, item string) (string, error)
}

// rewrite checks the field's text, in capitals, and returns it in the library's
// dialect.
func (f field) rewrite(text string) (string, error) {
	if text == "*" {
		return text, nil
	}
	items := strings.Split(text, ",")
	for i, item := range items {
		out, err := f.rewriteItem(item)
		if err != nil {
			return "", err
		}
		items[i] = out
	}
	return strings.Join(items, ","), nil
}

func (f field) rewriteItem(item string) (string, error) {
	if f.special != nil {
		if out, err := f.special(f, item); err != nil || out != "" {
			return out, err
		}
	}
	first, last, step, err := f.span(item)
	if err != nil {
		return "", err
	}
	if f.names != dayNames {
		return fmt.Sprintf("%d-%d/%d", first, last, step), nil
	}
	// The library counts eight days a week, with Sunday at both ends, and so
	// miscounts steps across the end. Naming each day leaves nothing to count.
	if last < first {
		last += 7
	}
	var days []string
	for day := first; day <= last; day += step {
		days = append(days, f.weekday(day))
	}
	return strings.Join(days, ","), nil
}

// weekday returns the library's number, 0 for Sunday, of a value of this field.
func (f field) weekday(value int) string {
	return strconv.Itoa((value - f.min + 7) % 7)
}

// span reads one item of a list: *, 5, 5-8, and each of them with a step. A
// range may run across the end of the field, as in 22-2; years cannot.
func (f field) span(item string) (first, last, step int, err error) {
	values, stepText, stepped := strings.Cut(item, "/")
	from, to, ranged := strings.Cut(values, "-")
	// AWS documents "/8" as every eight hours from midnight.
	if values == "*" || values == "" && stepped {
		first, last = f.min, f.max
	} else {
		if first, err = f.value(from); err != nil {
			return 0, 0, 0, err
		}
		switch {
		case ranged:
			last, err = f.value(to)
		case stepped:
			last = f.max
		default:
			last = first
		}
		if err != nil {
			return 0, 0, 0, err
		}
	}
	count := last - first + 1
	if last < first {
		if f.min == firstYear {
			return 0, 0, 0, fmt.Errorf("%s %q ends before it begins", f.name, item)
		}
		count += f.max - f.min + 1
	}
	if !stepped {
		return first, last, 1, nil
	}
	step, err = strconv.Atoi(stepText)
	if err != nil || !isDigits(stepText) || step == 0 {
		return 0, 0, 0, fmt.Errorf("%s %q: a number from 1 follows the slash", f.name, item)
	}
	// "*/90" in the minutes is no 90 minutes: steps start over with the field.
	if step > 1 && step >= count {
		return 0, 0, 0, fmt.Errorf("%s %q: the step leaps over all of the %d values", f.name, item, count)
	}
	return first, last, step, nil
}

// value reads a number or a name.
func (f field) value(text string) (int, error) {
	if len(text) == 3 {
		if i := strings.Index(f.names, text); i >= 0 && i%3 == 0 {
			return f.min + i/3, nil
		}
	}
	n, err := strconv.Atoi(text)
	if err == nil && isDigits(text) && f.min <= n && n <= f.max {
		return n, nil
	}
	if f.names == "" {
		return 0, fmt.Errorf("%s %q is not between %d and %d", f.name, text, f.min, f.max)
	}
	return 0, fmt.Errorf("%s %q is not between %d and %d or %s and %s",
		f.name, text, f.min, f.max, f.names[:3], f.names[len(f.names)-3:])
}

package main

/*
The rules of the user interface:

  - Standard output has the data that the user asks for, and nothing else. A failed write is an error.
  - Standard error has the words: what was done, for a user at a terminal only (sayf); warnings, always (warnf); and one
    line for the error of the command (report in errors.go).
  - At a terminal, tables have a header and aligned columns, and control characters are escaped. Elsewhere a table is
    lines of cells with tabs between them. --json prints the same data for programs, one value for one command.
  - Questions and hidden input go to the terminal itself (package prompt), never through the standard streams.
  - A secret value is printed by the commands that exist for it, and is in no error, warning, listing or table.
*/

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"example.org/secret/cmd/secret/internal/escape"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
)

// printf writes data to standard output. The caller must return its error: a full disk behind a redirection must not
// look like success.
func (a *app) printf(format string, args ...any) error {
	_, err := fmt.Fprintf(a.stdout, format, args...)
	return wrapWrite(err)
}

func (a *app) write(data []byte) error {
	_, err := a.stdout.Write(data)
	return wrapWrite(err)
}

// printText writes text to standard output. It refuses text that a terminal would obey.
func (a *app) printText(text []byte) error {
	if a.stdoutIsTerminal && !escape.Harmless(text) {
		return usagef("this is binary, or has characters that a terminal would obey; redirect it, or print it with " +
			"--format json or raw")
	}
	return a.write(text)
}

// errOutput is the error of a failed write. The command itself may have succeeded.
var errOutput = errors.New("cannot write the output")

func wrapWrite(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%w: %w", errOutput, err)
}

// printJSON prints v as indented JSON.
func (a *app) printJSON(v any) error {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(v); err != nil {
		return err
	}
	if a.stdoutIsTerminal {
		return a.write(escape.JSON(b.String()))
	}
	return a.write(b.Bytes())
}

// sayf tells a user at a terminal of a change. It tells scripts nothing.
func (a *app) sayf(format string, args ...any) {
	if a.stderrIsTerminal {
		fmt.Fprintf(a.stderr, format, args...)
	}
}

// warnf warns users and scripts.
func (a *app) warnf(format string, args ...any) {
	fmt.Fprintf(a.stderr, "secret: warning: %s\n", escape.Text(fmt.Sprintf(format, args...)))
}

// printTable prints aligned columns under a header at a terminal, and lines of tab-separated cells elsewhere.
func (a *app) printTable(header []string, rows [][]string) error {
	return a.printPaintedTable(header, rows, func(int) bool { return false })
}

// printPaintedTable is printTable with some rows in red.
func (a *app) printPaintedTable(header []string, rows [][]string, red func(row int) bool) error {
	for _, row := range rows {
		for i, cell := range row {
			row[i] = escape.Text(cell)
		}
	}
	if !a.stdoutIsTerminal {
		var lines strings.Builder
		for _, row := range rows {
			lines.WriteString(strings.Join(row, "\t") + "\n")
		}
		return a.printf("%s", lines.String())
	}
	w := table.NewWriter()
	style := table.StyleDefault
	style.Options = table.OptionsNoBordersAndSeparators
	style.Box.PaddingLeft = ""
	style.Box.PaddingRight = "  "
	w.SetStyle(style)
	w.AppendHeader(toRow(header))
	for _, row := range rows {
		w.AppendRow(toRow(row))
	}
	if a.getenv("NO_COLOR") == "" && a.getenv("TERM") != "dumb" {
		w.SetRowPainter(func(_ table.Row, attr table.RowAttributes) text.Colors {
			if red(attr.Number - 1) {
				return text.Colors{text.FgRed}
			}
			return nil
		})
	}
	return a.printf("%s\n", w.Render())
}

func toRow(cells []string) table.Row {
	row := make(table.Row, len(cells))
	for i, cell := range cells {
		row[i] = cell
	}
	return row
}

// age returns the time since t, in one unit.
func (a *app) age(t time.Time) string {
	d := a.now().Sub(t)
	day := 24 * time.Hour
	switch {
	case d < time.Minute:
		return "now"
	case d < time.Hour:
		return fmt.Sprintf("%dm", d/time.Minute)
	case d < 2*day:
		return fmt.Sprintf("%dh", d/time.Hour)
	case d < 2*365*day:
		return fmt.Sprintf("%dd", d/day)
	}
	return fmt.Sprintf("%dy", d/(365*day))
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

func (a *app) timestamp(t time.Time) string {
	return t.Local().Format("2006-01-02 15:04:05 -07:00") + " (" + a.age(t) + ")"
}

// sortedKeys returns the keys in the order that output has from run to run.
func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// firstTime formats the first of times that is not zero.
func firstTime(times ...time.Time) string {
	for _, t := range times {
		if !t.IsZero() {
			return t.Local().Format("2006-01-02 15:04")
		}
	}
	return "-"
}

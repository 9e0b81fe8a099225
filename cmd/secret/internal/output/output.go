// Package output writes the output of commands, by the rules of the user interface:
//
//   - Standard output has the data that the user asks for, and nothing else. A failed write is an error.
//   - Standard error has the words: the changes, for a user at a terminal only ([Output.Sayf]); warnings, always
//     ([Output.Warnf]); and one line for the error of the command.
//   - At a terminal, tables have a header and aligned columns, and control characters are escaped. Elsewhere a table is
//     lines of cells with tabs between them. JSON has the same data for programs, one value for one command.
//   - Questions and hidden input go to the terminal itself (package prompt), never through the standard streams.
//   - A secret value is printed by the commands that exist for it, and is in no error, warning, listing or table.
package output

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"example.org/secret/cmd/secret/internal/escape"
	"example.org/secret/cmd/secret/internal/usage"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
)

// Output is the standard output and the standard error of a command.
type Output struct {
	Stdout, Stderr                     io.Writer
	StdoutIsTerminal, StderrIsTerminal bool
	Colour                             bool // if the terminal has it
	Now                                func() time.Time
}

// Printf writes data to standard output. The caller must return its error: a full disk behind a redirection must not
// look like success.
func (o *Output) Printf(format string, args ...any) error {
	_, err := fmt.Fprintf(o.Stdout, format, args...)
	return Wrap(err)
}

// Write writes bytes to standard output.
func (o *Output) Write(data []byte) error {
	_, err := o.Stdout.Write(data)
	return Wrap(err)
}

// Text writes text to standard output. It refuses text that a terminal would obey.
func (o *Output) Text(text []byte) error {
	if o.StdoutIsTerminal && !escape.Harmless(text) {
		return usage.Errorf("this is binary, or has characters that a terminal would obey; redirect it, or print it with " +
			"--format json or raw")
	}
	return o.Write(text)
}

// ErrFailed is the error of a failed write. The command itself may have succeeded.
var ErrFailed = errors.New("cannot write the output")

// Wrap returns the error of a write to standard output, or nil.
func Wrap(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%w: %w", ErrFailed, err)
}

// JSON prints v as indented JSON.
func (o *Output) JSON(v any) error {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(v); err != nil {
		return err
	}
	if o.StdoutIsTerminal {
		return o.Write(escape.JSON(b.String()))
	}
	return o.Write(b.Bytes())
}

// Sayf tells a user at a terminal of a change. It tells scripts nothing.
func (o *Output) Sayf(format string, args ...any) {
	if o.StderrIsTerminal {
		fmt.Fprintf(o.Stderr, format, args...)
	}
}

// Warnf warns users and scripts.
func (o *Output) Warnf(format string, args ...any) {
	fmt.Fprintf(o.Stderr, "secret: warning: %s\n", escape.Text(fmt.Sprintf(format, args...)))
}

// Table prints aligned columns under a header at a terminal, and lines of tab-separated cells elsewhere.
func (o *Output) Table(header []string, rows [][]string) error {
	return o.PaintedTable(header, rows, func(int) bool { return false })
}

// PaintedTable is Table with some rows in red.
func (o *Output) PaintedTable(header []string, rows [][]string, red func(row int) bool) error {
	for _, row := range rows {
		for i, cell := range row {
			row[i] = escape.Text(cell)
		}
	}
	if !o.StdoutIsTerminal {
		var lines strings.Builder
		for _, row := range rows {
			lines.WriteString(strings.Join(row, "\t") + "\n")
		}
		return o.Printf("%s", lines.String())
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
	if o.Colour {
		w.SetRowPainter(func(_ table.Row, attr table.RowAttributes) text.Colors {
			if red(attr.Number - 1) {
				return text.Colors{text.FgRed}
			}
			return nil
		})
	}
	return o.Printf("%s\n", w.Render())
}

func toRow(cells []string) table.Row {
	row := make(table.Row, len(cells))
	for i, cell := range cells {
		row[i] = cell
	}
	return row
}

// Age returns the time since t, in one unit.
func (o *Output) Age(t time.Time) string {
	d := o.Now().Sub(t)
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

// Plural returns a number and the noun that goes with it.
func Plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// Timestamp returns a time in the local zone, and the time since then.
func (o *Output) Timestamp(t time.Time) string {
	return t.Local().Format("2006-01-02 15:04:05 -07:00") + " (" + o.Age(t) + ")"
}

// FirstTime formats the first of times that is not zero.
func FirstTime(times ...time.Time) string {
	for _, t := range times {
		if !t.IsZero() {
			return t.Local().Format("2006-01-02 15:04")
		}
	}
	return "-"
}

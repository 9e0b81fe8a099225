package output_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"example.org/secret/cmd/secret/internal/output"
)

func TestTableForPrograms(t *testing.T) {
	var b bytes.Buffer
	o := output.Output{Stdout: &b}
	if err := o.Table([]string{"NAME"}, [][]string{{"a\tb", "x\x1b[31m"}}); err != nil {
		t.Fatal(err)
	}
	if got, want := b.String(), "a\\tb\tx\\u001b[31m\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestTerminalIsProtected(t *testing.T) {
	var b bytes.Buffer
	o := output.Output{Stdout: &b, StdoutIsTerminal: true}
	if err := o.Text([]byte("\x1b]52;c;aGk=\a")); err == nil || b.Len() > 0 {
		t.Errorf("it printed %q", b.String())
	}
	if err := o.JSON("\u009b31m"); err != nil || strings.Contains(b.String(), "\u009b") {
		t.Errorf("it printed %q (%v)", b.String(), err)
	}
}

type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, errors.New("no space left on device") }

func TestLostOutputIsAnError(t *testing.T) {
	o := output.Output{Stdout: fullDisk{}}
	for name, err := range map[string]error{
		"Printf": o.Printf("x"), "Write": o.Write(nil), "Text": o.Text(nil), "JSON": o.JSON(1), "Table": o.Table(nil, nil),
	} {
		if !errors.Is(err, output.ErrFailed) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAge(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	o := output.Output{Now: func() time.Time { return now }}
	for ago, want := range map[time.Duration]string{
		-time.Hour: "now", time.Minute: "1m", 47 * time.Hour: "47h", 48 * time.Hour: "2d", 3 * 365 * 24 * time.Hour: "3y",
	} {
		if got := o.Age(now.Add(-ago)); got != want {
			t.Errorf("%v ago is %q, want %q", ago, got, want)
		}
	}
}

package rotationview

import (
	"errors"
	"fmt"
	"strings"

	"example.org/secret/cmd/secret/internal/escape"
	"example.org/secret/cmd/secret/internal/hook"
	"example.org/secret/cmd/secret/internal/output"
	"example.org/secret/rotate"
	"example.org/secret/vault"
)

// Report prints a line for each rotation as it ends, and the progress at a terminal. It runs the hook after each. It
// implements [rotate.Progress].
type Report struct {
	View
	Total      int
	Single     bool // the failure of the one rotation is the command's own
	BusyIsFine bool // a secret that another run rotates is not a failure
	Hook       hook.Hook

	failed  []error
	results []result
	err     error // of printing
}

// result is a line of the report.
type result struct {
	Name    vault.Name     `json:"name"`
	Outcome rotate.Outcome `json:"outcome"`
	Version int            `json:"version,omitempty"`
	Error   string         `json:"error,omitempty"`
}

// Failure is the failure of a rotation, which may have changed something.
type Failure struct{ error }

func (f Failure) Unwrap() error { return f.error }

// End prints the results as JSON, if that is asked for, and returns the error of the run.
func (r *Report) End() error {
	if r.AsJSON {
		r.err = r.Out.JSON(append([]result{}, r.results...))
	}
	switch {
	case r.err != nil:
		return r.err
	case len(r.failed) == 1 && r.Single:
		return Failure{r.failed[0]}
	case len(r.failed) > 0:
		return fmt.Errorf("%d of %s failed; see: secret rotation status", len(r.failed),
			output.Plural(len(r.results), "rotation"))
	}
	return nil
}

// Changed implements [rotate.Progress].
func (r *Report) Changed(running []vault.Name, ended int) {
	if len(running) == 0 {
		r.Out.Sayf("\r\x1b[K")
		return
	}
	names := make([]string, len(running))
	for i, name := range running {
		names[i] = string(name)
	}
	r.Out.Sayf("\r\x1b[K%d of %d: %s", ended, r.Total, strings.Join(names, ", "))
}

// Ended implements [rotate.Progress].
func (r *Report) Ended(ended rotate.Result) {
	if r.BusyIsFine && errors.Is(ended.Err, vault.ErrBusy) {
		return
	}
	line := result{Name: ended.Name, Outcome: ended.Outcome, Version: ended.Version}
	if ended.Err != nil {
		line.Error = ended.Err.Error()
		r.failed = append(r.failed, ended.Err)
	}
	r.results = append(r.results, line)
	r.Out.Sayf("\r\x1b[K")
	if !r.AsJSON && (!r.Single || ended.Err == nil) {
		r.err = errors.Join(r.err, r.Out.Printf("%s\n", line))
	}
	if r.Hook.Command == "" {
		return
	}
	if err := r.Hook.Run(ended); err != nil {
		r.Out.Warnf("%v", err)
	}
}

// String returns the line for a terminal or for the mail of cron.
func (r result) String() string {
	line := fmt.Sprintf("%-10s %s", r.Outcome, r.Name)
	switch {
	case r.Error != "":
		line += ": " + escape.Text(strings.TrimPrefix(r.Error, fmt.Sprintf("rotating %q: ", r.Name)))
	case r.Outcome == rotate.Abandoned:
		line += ": a value was stored by hand meanwhile"
	case r.Outcome == rotate.Finished:
		line += ": the grace is over"
	case r.Version != 0:
		line += fmt.Sprintf(", version %d", r.Version)
	}
	return line
}

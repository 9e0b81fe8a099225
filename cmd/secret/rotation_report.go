package main

import (
	"errors"
	"fmt"
	"strings"

	"example.org/secret/cmd/secret/internal/escape"
	"example.org/secret/cmd/secret/internal/hook"
	"example.org/secret/cmd/secret/internal/output"
	"example.org/secret/cmd/secret/internal/prompt"
	"example.org/secret/rotate"
	"example.org/secret/vault"
)

// rotationReport prints a line for each rotation as it ends, and the progress at a terminal. It implements
// [rotate.Progress].
type rotationReport struct {
	say, warn  func(format string, args ...any)
	print      func(rotationResult) error
	total      int
	single     bool // the failure of the one rotation is the command's own
	busyIsFine bool // a secret that another run rotates is not a failure
	hook       hook.Hook

	failed  []error
	results []rotationResult
	err     error // of printing
}

// rotationResult is a line of the report.
type rotationResult struct {
	Name    vault.Name     `json:"name"`
	Outcome rotate.Outcome `json:"outcome"`
	Version int            `json:"version,omitempty"`
	Error   string         `json:"error,omitempty"`
}

// rotateAll rotates names with a report, and returns the error of the command.
func (a *app) rotateAll(
	r *rotationReport, engine *rotate.Engine, names []vault.Name, when rotate.When, jobs int,
) error {
	settings, err := a.loadSettings()
	if err != nil {
		return err
	}
	r.hook = hook.Hook{Command: settings.OnRotation, Environ: a.environ, Output: a.out.Stderr, Timeout: hook.Timeout}
	r.say, r.warn, r.total = a.out.Sayf, a.out.Warnf, len(names)
	r.print = func(line rotationResult) error { return a.out.Printf("%s\n", line) }
	if a.jsonFlag {
		r.print = func(rotationResult) error { return nil } // all at the end
	}
	ctx, stop := untilInterrupted()
	defer stop()
	engine.RotateAll(ctx, names, when, jobs, r)
	if a.jsonFlag {
		r.err = a.out.JSON(append([]rotationResult{}, r.results...))
	}
	switch {
	case ctx.Err() != nil:
		return vault.Errorf(prompt.ErrInterrupted, "interrupted; the next secret rotate --due continues what was under way")
	case r.err != nil:
		return r.err
	case len(r.failed) == 1 && r.single:
		return rotationFailure{r.failed[0]}
	case len(r.failed) > 0:
		return fmt.Errorf("%d of %s failed; see: secret rotation status", len(r.failed), output.Plural(len(r.results), "rotation"))
	}
	return nil
}

// Changed implements [rotate.Progress].
func (r *rotationReport) Changed(running []vault.Name, ended int) {
	if len(running) == 0 {
		r.say("\r\x1b[K")
		return
	}
	names := make([]string, len(running))
	for i, name := range running {
		names[i] = string(name)
	}
	r.say("\r\x1b[K%d of %d: %s", ended, r.total, strings.Join(names, ", "))
}

// Ended implements [rotate.Progress].
func (r *rotationReport) Ended(result rotate.Result) {
	if r.busyIsFine && errors.Is(result.Err, vault.ErrBusy) {
		return
	}
	line := rotationResult{Name: result.Name, Outcome: result.Outcome, Version: result.Version}
	if result.Err != nil {
		line.Error = result.Err.Error()
		r.failed = append(r.failed, result.Err)
	}
	r.results = append(r.results, line)
	r.say("\r\x1b[K")
	if !r.single || result.Err == nil {
		r.err = errors.Join(r.err, r.print(line))
	}
	if r.hook.Command == "" {
		return
	}
	if err := r.hook.Run(result); err != nil {
		r.warn("%v", err)
	}
}

// String returns the line for a terminal or for the mail of cron.
func (r rotationResult) String() string {
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

// rotationFailure is the failure of a rotation, which may have changed something.
type rotationFailure struct{ error }

func (f rotationFailure) Unwrap() error { return f.error }

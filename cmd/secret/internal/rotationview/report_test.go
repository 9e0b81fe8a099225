package rotationview_test

import (
	"bytes"
	"errors"
	"testing"

	"example.org/secret/cmd/secret/internal/output"
	"example.org/secret/cmd/secret/internal/rotationview"
	"example.org/secret/rotate"
	"example.org/secret/vault"
)

func TestReport(t *testing.T) {
	refused := errors.New(`rotating "b": refused` + "\x1b[31m")
	busy := vault.Errorf(vault.ErrBusy, "another run rotates it")
	results := []rotate.Result{
		{Name: "a", Outcome: rotate.Rotated, Version: 2},
		{Name: "b", Outcome: rotate.Failed, Err: refused},
		{Name: "c", Outcome: rotate.Failed, Err: busy},
	}
	for name, c := range map[string]struct {
		report rotationview.Report
		ended  []rotate.Result
		want   string // of standard output
		err    string
	}{
		"a run": {
			rotationview.Report{BusyIsFine: true},
			results,
			"rotated    a, version 2\nfailed     b: refused\\u001b[31m\n",
			"1 of 2 rotations failed; see: secret rotation status",
		},
		"all is well":         {rotationview.Report{}, results[:1], "rotated    a, version 2\n", ""},
		"one alone":           {rotationview.Report{Single: true}, results[1:2], "", refused.Error()},
		"another run is busy": {rotationview.Report{Single: true}, results[2:], "", busy.Error()},
	} {
		t.Run(name, func(t *testing.T) {
			var stdout, stderr bytes.Buffer
			c.report.Out = &output.Output{Stdout: &stdout, Stderr: &stderr}
			for _, result := range c.ended {
				c.report.Ended(result)
			}
			err := c.report.End()
			if stdout.String() != c.want || (err == nil) != (c.err == "") || err != nil && err.Error() != c.err {
				t.Errorf("it printed %q and returned %v", stdout.String(), err)
			}
			if failure := (rotationview.Failure{}); c.report.Single && !errors.As(err, &failure) {
				t.Errorf("%v is not the failure of a rotation", err)
			}
		})
	}
}

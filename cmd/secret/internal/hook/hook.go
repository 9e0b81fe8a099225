// Package hook runs the on-rotation command of the user.
package hook

import (
	"errors"
	"fmt"
	"io"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"time"

	"example.org/secret/cmd/secret/internal/escape"
	"example.org/secret/cmd/secret/internal/process"
	"example.org/secret/rotate"
)

// Timeout bounds the on-rotation command, because the next rotation waits for it.
const Timeout = time.Minute

// Hook is the on-rotation command of the user's settings.
type Hook struct {
	Command string // for the shell
	Environ []string
	Output  io.Writer
	Timeout time.Duration
}

// Run runs the command with the result of a rotation in its environment. Its error says
// that the command failed, or that it was stopped.
func (h Hook) Run(result rotate.Result) error {
	cmd := exec.Command("/bin/sh", "-c", h.Command)
	if runtime.GOOS == "windows" {
		cmd = exec.Command("cmd", "/c", h.Command)
	}
	cmd.Env = append(slices.Clone(h.Environ), variables(result)...)
	cmd.Stdout, cmd.Stderr = h.Output, h.Output
	err := process.Bounds{Timeout: h.Timeout}.Run(cmd)
	switch {
	case errors.Is(err, process.ErrTimeout):
		return fmt.Errorf("the on-rotation command was stopped after %v, for %q; the rotation is not affected",
			h.Timeout, result.Name)
	case err != nil:
		return fmt.Errorf("the on-rotation command failed for %q (%w); the rotation is not affected", result.Name, err)
	}
	return nil
}

// variables returns the variables of the on-rotation command. None holds a value of a secret: the reason is the text
// that the user sees.
func variables(result rotate.Result) []string {
	variables := []string{"SECRET_NAME=" + string(result.Name), "SECRET_OUTCOME=" + string(result.Outcome)}
	if result.Version != 0 {
		variables = append(variables, "SECRET_VERSION="+strconv.Itoa(result.Version))
	}
	if result.Err != nil {
		variables = append(variables, "SECRET_REASON="+escape.Text(result.Err.Error()))
	}
	return variables
}

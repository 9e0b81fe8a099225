package main

import (
	"context"
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

// hookTimeout bounds the on-rotation command, because the next rotation waits for it.
const hookTimeout = time.Minute

// rotationHook is the on-rotation command of the user's settings.
type rotationHook struct {
	command string // for the shell
	environ []string
	output  io.Writer
	timeout time.Duration
}

// run runs the command with the result of a rotation in its environment. Its error says
// that the command failed, or that it was stopped.
func (h rotationHook) run(result rotate.Result) error {
	ctx, cancel := context.WithTimeout(context.Background(), h.timeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, "/bin/sh", "-c", h.command)
	if runtime.GOOS == "windows" {
		cmd = exec.CommandContext(ctx, "cmd", "/c", h.command)
	}
	cmd.Env = append(slices.Clone(h.environ), hookVariables(result)...)
	cmd.Stdout, cmd.Stderr = h.output, h.output
	process.Isolate(cmd)
	err := cmd.Run()
	switch {
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return fmt.Errorf("the on-rotation command was stopped after %v, for %q; the rotation is not affected",
			h.timeout, result.Name)
	case err != nil:
		return fmt.Errorf("the on-rotation command failed for %q (%w); the rotation is not affected", result.Name, err)
	}
	return nil
}

// hookVariables returns the variables of the on-rotation command. None holds a value of
// a secret: the reason is what the user is shown, too.
func hookVariables(result rotate.Result) []string {
	variables := []string{"SECRET_NAME=" + string(result.Name), "SECRET_OUTCOME=" + string(result.Outcome)}
	if result.Version != 0 {
		variables = append(variables, "SECRET_VERSION="+strconv.Itoa(result.Version))
	}
	if result.Err != nil {
		variables = append(variables, "SECRET_REASON="+escape.Text(result.Err.Error()))
	}
	return variables
}

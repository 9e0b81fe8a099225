package main

import (
	"bytes"
	"fmt"
	"os/exec"
	"strings"
)

// runTool runs a program of the system with input, and returns its output.
func (a *app) runTool(input string, name string, args ...string) (string, error) {
	cmd := exec.Command(name, args...)
	cmd.Env = a.environ
	cmd.Stdin = strings.NewReader(input)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		return stdout.String(), fmt.Errorf("%s: %w: %s", name, err, strings.TrimSpace(stderr.String()))
	}
	return stdout.String(), nil
}

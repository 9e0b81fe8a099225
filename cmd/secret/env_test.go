package main

import (
	"os/exec"
	"strings"
	"testing"
)

func TestShellsReadWhatIsWritten(t *testing.T) {
	for _, shell := range []string{"sh", "bash", "zsh", "fish"} {
		t.Run(shell, func(t *testing.T) {
			if _, err := exec.LookPath(shell); err != nil {
				t.Skip("no " + shell)
			}
			// All in one go: a shell takes its time to start.
			var script, want strings.Builder
			for _, value := range trickyValues {
				script.WriteString(assignment(shell, "VALUE", value) + "sh -c 'printf \"%s|\" \"$VALUE\"'\n")
				want.WriteString(value + "|")
			}
			cmd := exec.Command(shell)
			cmd.Stdin = strings.NewReader(script.String())
			out, err := cmd.Output()
			if err != nil || string(out) != want.String() {
				t.Errorf("got %q, %v, want %q", out, err, want.String())
			}
		})
	}
}

func TestPowerShellAssignment(t *testing.T) {
	if got, want := assignment("powershell", "A", "it's ‘x’ $y `z\n"), "$env:A = 'it''s ‘‘x’’ $y `z\n'\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

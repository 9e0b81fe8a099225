package environ_test

import (
	"os/exec"
	"strings"
	"testing"

	"example.org/secret/cmd/secret/internal/environ"
	"example.org/secret/cmd/secret/internal/environ/environtest"
)

func TestShellsReadWhatIsWritten(t *testing.T) {
	for _, shell := range []string{"sh", "bash", "zsh", "fish"} {
		t.Run(shell, func(t *testing.T) {
			if _, err := exec.LookPath(shell); err != nil {
				t.Skip("no " + shell)
			}
			// All in one go: a shell takes its time to start.
			var script, want strings.Builder
			for _, value := range environtest.Values() {
				script.WriteString(environ.Assignment(shell, environ.Variable{Name: "VALUE", Value: value}) +
					"sh -c 'printf \"%s|\" \"$VALUE\"'\n")
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
	if got, want := environ.Assignment("powershell", environ.Variable{Name: "A", Value: "it's ‘x’ $y `z\n"}),
		"$env:A = 'it''s ‘‘x’’ $y `z\n'\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

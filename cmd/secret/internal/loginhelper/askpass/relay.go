package askpass

import (
	"errors"
	"fmt"
	"strings"

	"example.org/secret/cmd/secret/internal/escape"
	"example.org/secret/cmd/secret/internal/prompt"
)

// PromptVariable is the variable in which OpenSSH asks for no password: for a yes (confirm), or for nothing (none).
const PromptVariable = "SSH_ASKPASS_PROMPT"

// ErrDeclined is the error of a user who answers no.
var ErrDeclined = errors.New("declined")

// Relay asks the user at a terminal, and returns the lines to print. The kind is the value of [PromptVariable].
func Relay(t *prompt.Terminal, prompt, kind string) (answer string, err error) {
	lines := strings.Split(strings.TrimSpace(prompt), "\n")
	last := lines[len(lines)-1]
	for _, line := range lines[:len(lines)-1] {
		fmt.Fprintln(t.Out, escape.Text(line))
	}
	switch {
	case kind == "none":
		fmt.Fprintln(t.Out, escape.Text(last))
		return "", nil
	case kind == "confirm":
		yes, err := t.Confirm(last)
		if err == nil && !yes {
			err = ErrDeclined
		}
		return "yes\n", err
	case strings.Contains(last, "(yes/no") || strings.HasPrefix(last, "Username"):
		answer, err = t.Line(last)
	default:
		var typed []byte
		typed, err = t.Hidden(strings.TrimSuffix(last, ":"))
		answer = string(typed)
	}
	return answer + "\n", err
}

//go:build unix

package timer

import (
	"strings"
	"testing"
)

// The command in a timer names the directories that are not in their usual places.
func TestDueCommand(t *testing.T) {
	environment := map[string]string{"HOME": "/home/ana", "XDG_STATE_HOME": "/state"}
	command, err := DueCommand("/vault", "/key", func(name string) string { return environment[name] })
	if err != nil {
		t.Fatal(err)
	}
	begin, end := strings.Join(command[:2], " "), strings.Join(command[3:], " ")
	if begin != "/usr/bin/env XDG_STATE_HOME=/state" || end != "--vault /vault --key-file /key rotate --due" {
		t.Errorf("the command is %q", command)
	}
}

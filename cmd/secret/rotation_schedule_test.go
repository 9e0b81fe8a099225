//go:build unix

package main

import (
	"os"
	"strings"
	"testing"
)

// The command in a timer names the directories that are not in their usual places.
func TestDueCommand(t *testing.T) {
	home := t.TempDir()
	environment := map[string]string{"HOME": home, "XDG_STATE_HOME": home + "/state"}
	a := &app{environ: os.Environ(), getenv: func(name string) string { return environment[name] }}
	command, err := a.dueCommand("/vault")
	if err != nil || strings.Join(command[:2], " ") != "/usr/bin/env XDG_STATE_HOME="+home+"/state" || command[4] != "/vault" {
		t.Errorf("the command is %q, %v", command, err)
	}
}

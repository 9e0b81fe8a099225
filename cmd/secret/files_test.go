package main

import (
	"os"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// TestCommandFiles asks for one file per command, named by its path: the reader of "secret rotation log" opens
// rotation_log.go.
func TestCommandFiles(t *testing.T) {
	root := newRootCommand(&app{getenv: func(string) string { return "" }})
	for _, path := range commandPaths(root) {
		if file := strings.Join(path, "_") + ".go"; !exists(file) {
			t.Errorf("secret %s has no file %s", strings.Join(path, " "), file)
		}
	}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// commandPaths returns the words of each command below the given one. Hidden aliases and topics of help are no
// commands, and cobra makes those below completion.
func commandPaths(parent *cobra.Command) (paths [][]string) {
	for _, cmd := range parent.Commands() {
		if !cmd.IsAvailableCommand() {
			continue
		}
		paths = append(paths, strings.Fields(cmd.CommandPath())[1:])
		if cmd.Name() != "completion" {
			paths = append(paths, commandPaths(cmd)...)
		}
	}
	return paths
}

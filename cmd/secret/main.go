package main

import (
	"os"
	"path/filepath"
	"strings"

	"example.org/secret/cmd/secret/internal/process"
)

func main() {
	process.Harden()
	os.Exit(run(newApp(), arguments(os.Args)))
}

// helperNames are the names by which other programs call their helper.
var helperNames = map[string]string{
	"git-credential-secret":    "git",
	"docker-credential-secret": "docker",
	"secret-askpass":           "askpass",
}

// arguments returns the arguments of a command line whose first word is the name of the program.
func arguments(line []string) []string {
	called := strings.TrimSuffix(filepath.Base(line[0]), ".exe")
	if helper, ok := helperNames[called]; ok {
		return append([]string{"helper", helper, "--"}, line[1:]...)
	}
	return line[1:]
}

package main

import (
	"os"
	"path/filepath"
	"strings"
)

func main() {
	hardenProcess()
	os.Exit(run(newApp(), arguments(os.Args)))
}

// helperNames are the names by which other programs look for their helper. Under
// one of these this program is that helper.
var helperNames = map[string]string{
	"git-credential-secret":    "git",
	"docker-credential-secret": "docker",
	"secret-askpass":           "askpass",
}

// arguments are what to run for a command line whose first word is the program's
// name.
func arguments(line []string) []string {
	called := strings.TrimSuffix(filepath.Base(line[0]), ".exe")
	if helper, ok := helperNames[called]; ok {
		return append([]string{"helper", helper, "--"}, line[1:]...)
	}
	return line[1:]
}

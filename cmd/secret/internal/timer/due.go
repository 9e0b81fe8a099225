package timer

import (
	"os"
	"path/filepath"
	"runtime"
)

// DueCommand returns the command that rotates the secrets which are due, with the paths that it would not find from a
// timer.
func DueCommand(vault, keyFile string, getenv func(string) string) ([]string, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	command := append(userDirs(getenv), program, "--vault", vault)
	if keyFile != "" {
		if keyFile, err = filepath.Abs(keyFile); err != nil {
			return nil, err
		}
		command = append(command, "--key-file", keyFile)
	}
	return append(command, "rotate", "--due"), nil
}

// userDirs returns the beginning of a command that finds rotators and consents in the user's directories, if those are
// not in the usual places.
func userDirs(getenv func(string) string) []string {
	var variables []string
	for _, name := range []string{"XDG_CONFIG_HOME", "XDG_STATE_HOME"} {
		if dir := getenv(name); filepath.IsAbs(dir) {
			variables = append(variables, name+"="+dir)
		}
	}
	if variables == nil || runtime.GOOS == "windows" {
		return nil
	}
	return append([]string{"/usr/bin/env"}, variables...)
}

package rotate

import (
	"io/fs"
	"os"
	"os/exec"
)

// Windows has no process groups that could be ended as one.
func startGroup(cmd *exec.Cmd, _ *os.File) error { return cmd.Start() }

func endGroup(cmd *exec.Cmd, kill bool) {
	if kill {
		_ = cmd.Process.Kill()
	}
}

func isExecutable(fs.FileInfo) bool { return true }

func checkOwnership(string) error { return nil }

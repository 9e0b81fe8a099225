package rotate

import (
	"io/fs"
	"os"
	"os/exec"
)

// startGroup starts cmd. Windows has no process groups that could be ended as one.
func startGroup(cmd *exec.Cmd, _ *os.File) error { return cmd.Start() }

// terminateGroup does nothing: Windows cannot ask a process to end.
func terminateGroup(*exec.Cmd) {}

func killGroup(cmd *exec.Cmd) { _ = cmd.Process.Kill() }

func isExecutable(fs.FileInfo) bool { return true }

func checkOwnership(string) error { return nil }

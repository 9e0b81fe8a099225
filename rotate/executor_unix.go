//go:build unix

package rotate

import (
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
)

// startGroup starts cmd in a session of its own, where nothing can ask at our
// terminal, with a umask that keeps what it writes to its user.
func startGroup(cmd *exec.Cmd) error {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	defer syscall.Umask(syscall.Umask(0o077))
	return cmd.Start()
}

// endGroup signals all processes of cmd's group; some may outlive their leader.
func endGroup(cmd *exec.Cmd, kill bool) {
	signal := syscall.SIGTERM
	if kill {
		signal = syscall.SIGKILL
	}
	_ = syscall.Kill(-cmd.Process.Pid, signal)
}

func isExecutable(info fs.FileInfo) bool { return info.Mode().Perm()&0o111 != 0 }

// checkOwnership refuses a file if anybody but its user and root can write to it
// or to a folder above it. In a sticky folder, such as /tmp, others can add files
// but not replace ours.
func checkOwnership(path string) error {
	for p := path; ; p = filepath.Dir(p) {
		info, err := os.Lstat(p)
		if err != nil {
			return fmt.Errorf("the rotator %s: %w", path, err)
		}
		stat, ok := info.Sys().(*syscall.Stat_t)
		sticky := info.IsDir() && info.Mode()&fs.ModeSticky != 0
		link := info.Mode()&fs.ModeSymlink != 0
		switch {
		case ok && stat.Uid != 0 && int(stat.Uid) != os.Getuid():
			return fmt.Errorf("the rotator %s is refused: %s belongs to another user: %w", path, p, ErrUnsafeRotator)
		case info.Mode().Perm()&0o022 != 0 && !sticky && !link:
			return fmt.Errorf("the rotator %s is refused: %w; run: chmod go-w %s", path, ErrUnsafeRotator, p)
		}
		if p == filepath.Dir(p) {
			return nil
		}
	}
}

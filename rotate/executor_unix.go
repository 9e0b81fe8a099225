//go:build unix

package rotate

import (
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
)

// inheritAt is the number of an inherited file: one that no shell script uses for
// a file of its own, since shells know single digits only.
const inheritAt = 10

// startGroup starts cmd in a session of its own, where nothing can ask at our
// terminal, with a umask that keeps what it writes to its user.
func startGroup(cmd *exec.Cmd, inherit *os.File) error {
	if inherit != nil {
		cmd.ExtraFiles = make([]*os.File, inheritAt-3, inheritAt-2) // nil is a closed one
		cmd.ExtraFiles = append(cmd.ExtraFiles, inherit)
	}
	cmd.SysProcAttr = ownSession()
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
// or to a folder on the way to it. Symbolic links are followed by hand: a folder
// that only a link leads through is as good a place to put another file in.
func checkOwnership(path string) error {
	const maxLinks = 40
	at, rest, links := "/", strings.Split(path, "/"), 0
	for {
		info, err := os.Lstat(at)
		if err != nil {
			return fmt.Errorf("the rotator %s: %w", path, err)
		}
		if err := checkOwner(path, at, info); err != nil {
			return err
		}
		if info.Mode()&fs.ModeSymlink != 0 {
			target, err := os.Readlink(at)
			if links++; err != nil || links > maxLinks {
				return fmt.Errorf("the rotator %s: %s is no good link", path, at)
			}
			rest = append(strings.Split(target, "/"), rest...)
			if at = filepath.Dir(at); filepath.IsAbs(target) {
				at = "/"
			}
			continue
		}
		if len(rest) == 0 {
			return nil
		}
		at, rest = filepath.Join(at, rest[0]), rest[1:]
	}
}

// checkOwner checks one place on the way to a rotator. In a sticky folder, such as
// /tmp, others can add files but not replace ours.
func checkOwner(path, at string, info fs.FileInfo) error {
	stat, ok := info.Sys().(*syscall.Stat_t)
	sticky := info.IsDir() && info.Mode()&fs.ModeSticky != 0
	link := info.Mode()&fs.ModeSymlink != 0
	switch {
	case ok && stat.Uid != 0 && int(stat.Uid) != os.Getuid():
		return fmt.Errorf("the rotator %s is refused: %s belongs to another user: %w", path, at, ErrUnsafeRotator)
	case info.Mode().Perm()&0o022 != 0 && !sticky && !link:
		return fmt.Errorf("the rotator %s is refused: %w; run: chmod go-w %s", path, ErrUnsafeRotator, at)
	}
	return nil
}

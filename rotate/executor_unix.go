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

// inheritAt is the number of the inherited file. Shell scripts do not use it, because
// shells redirect single digits only.
const inheritAt = 10

// startGroup starts cmd in a session of its own, without a terminal to ask at, and with
// a umask that keeps its files private. The caller must not start processes meanwhile.
func startGroup(cmd *exec.Cmd, inherit *os.File) error {
	if inherit != nil {
		cmd.ExtraFiles = make([]*os.File, inheritAt-3, inheritAt-2) // nil stands for a closed file
		cmd.ExtraFiles = append(cmd.ExtraFiles, inherit)
	}
	cmd.SysProcAttr = ownSession()
	defer syscall.Umask(syscall.Umask(0o077))
	return cmd.Start()
}

// terminateGroup asks all processes of cmd's group to end.
func terminateGroup(cmd *exec.Cmd) { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM) }

// killGroup kills all processes of cmd's group, some of which may outlive cmd.
func killGroup(cmd *exec.Cmd) { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }

func isExecutable(info fs.FileInfo) bool { return info.Mode().Perm()&0o111 != 0 }

// checkOwnership refuses a file if a user other than ours and root can write to it or
// to a directory on the way to it. It follows symbolic links itself, because another
// file could be put into a directory that only a link leads through.
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
				return fmt.Errorf("the rotator %s: the symbolic link %s cannot be followed", path, at)
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

// checkOwner checks one place on the way to a rotator. In a sticky directory, such as
// /tmp, other users cannot replace files.
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

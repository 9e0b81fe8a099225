package main

import (
	"os"

	"golang.org/x/sys/unix"
)

// memoryDir returns a directory for texts that must not reach a disk, and
// whether there is one.
func (a *app) memoryDir() (dir string, inMemory bool) {
	for _, dir := range []string{a.getenv("XDG_RUNTIME_DIR"), "/dev/shm"} {
		var fs unix.Statfs_t
		if dir == "" || unix.Statfs(dir, &fs) != nil || unix.Access(dir, unix.W_OK) != nil {
			continue
		}
		if fs.Type == unix.TMPFS_MAGIC || fs.Type == unix.RAMFS_MAGIC {
			return dir, true
		}
	}
	return os.TempDir(), false
}

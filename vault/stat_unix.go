//go:build unix

package vault

import (
	"io/fs"
	"syscall"
)

func inodeOf(info fs.FileInfo) int64 {
	if stat, ok := info.Sys().(*syscall.Stat_t); ok {
		return int64(stat.Ino)
	}
	return 0
}

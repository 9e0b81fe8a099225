//go:build !linux

package main

import "os"

// memoryDir returns a directory for texts that must not reach a disk, and
// whether there is one. Only Linux has one without being asked.
func (a *app) memoryDir() (dir string, inMemory bool) { return os.TempDir(), false }

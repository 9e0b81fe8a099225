//go:build !linux

// Package memory finds a place for texts that must not reach a disk.
package memory

import "os"

// Dir returns the directory for temporary files. Only Linux has a directory in memory that needs no preparation.
func Dir(func(string) string) (dir string, inMemory bool) { return os.TempDir(), false }

//go:build !linux

package process

// Harden does nothing: only Linux has the means.
func Harden() {}

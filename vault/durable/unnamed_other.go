//go:build !linux

package durable

import "errors"

func createUnnamed(string, []byte) error { return errors.ErrUnsupported }

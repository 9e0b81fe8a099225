//go:build !linux

package session

import "time"

// Open returns [ErrUnavailable].
func (Kernel) Open(string, string, time.Duration) error { return ErrUnavailable }

// Get returns [ErrUnavailable].
func (Kernel) Get(string) (string, error) { return "", ErrUnavailable }

// Close returns [ErrUnavailable].
func (Kernel) Close(string) error { return ErrUnavailable }

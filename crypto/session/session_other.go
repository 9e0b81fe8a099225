//go:build !linux

package session

import "time"

// Open returns [ErrUnavailable].
func Open(string, string, time.Duration) error { return ErrUnavailable }

// Get returns [ErrUnavailable].
func Get(string) (string, error) { return "", ErrUnavailable }

// Close returns [ErrUnavailable].
func Close(string) error { return ErrUnavailable }

package durable

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// The kinds of failure that a caller can tell apart with [errors.Is].
var (
	// ErrNotRegular means that something else than a regular file is in the place of
	// one, or something else than a directory.
	ErrNotRegular = errors.New("not a regular file")
	// ErrTooLarge means that a file is larger than the reader accepts.
	ErrTooLarge = errors.New("too large")
	// ErrBusy means that another process kept a lock for too long.
	ErrBusy = errors.New("busy")
	// ErrExposed means that other users can reach a file that is private.
	ErrExposed = errors.New("open to other users")
	// ErrUnsynced means that the change was made, but that a power cut may take it back.
	ErrUnsynced = errors.New("made, but perhaps not on the disk")
)

// kindError is an error of one kind with its own text.
type kindError struct {
	kind error
	text string
}

func (e *kindError) Error() string { return e.text }
func (e *kindError) Unwrap() error { return e.kind }

func errorf(kind error, format string, args ...any) error {
	return &kindError{kind, fmt.Sprintf(format, args...)}
}

func notRegular(path string) error {
	return errorf(ErrNotRegular, "%s is not a regular file", path)
}

func isNotExist(err error) bool { return errors.Is(err, fs.ErrNotExist) }

// unsynced marks an error of an fsync that came after the change.
func unsynced(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%w: %w", ErrUnsynced, err)
}

// about turns the error of a temporary file into one of the file at path, whose name
// people know.
func about(path string, err error) error {
	cause := err
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		cause = e.Err
	} else if e, ok := errors.AsType[*os.LinkError](err); ok {
		cause = e.Err
	}
	return fmt.Errorf("%s: %w", path, cause)
}

package durable

import (
	"bytes"
	"io"
	"io/fs"
	"os"
)

// Read reads a regular file of at most limit bytes. The error is [ErrNotRegular],
// [ErrTooLarge] or that of the system.
func Read(path string, limit int64) ([]byte, error) {
	var buffer bytes.Buffer
	if err := ReadInto(&buffer, path, limit); err != nil {
		return nil, err
	}
	return buffer.Bytes(), nil
}

// ReadInto is [Read] with a buffer that the caller uses again. It replaces the content
// of buffer.
func ReadInto(buffer *bytes.Buffer, path string, limit int64) error {
	f, err := openRegular(path)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return notRegular(path)
	}
	if info.Size() > limit {
		return errorf(ErrTooLarge, "%s has %d bytes; the limit is %d", path, info.Size(), limit)
	}
	buffer.Reset()
	// One more than the size, or the buffer grows just to see the end of the file.
	buffer.Grow(int(info.Size()) + bytes.MinRead)
	_, err = buffer.ReadFrom(io.LimitReader(f, info.Size()))
	return err
}

// CheckPrivate returns [ErrExposed] for a file that other users can read or write.
func CheckPrivate(path string, info fs.FileInfo) error {
	if exposed(info) {
		return errorf(ErrExposed, "%s is open to other users (mode %04o); run: chmod 600 %s", path, info.Mode().Perm(), path)
	}
	return nil
}

// CheckPrivateDir is [CheckPrivate] for a directory.
func CheckPrivateDir(path string, info fs.FileInfo) error {
	if exposed(info) {
		return errorf(ErrExposed, "%s is open to other users (mode %04o); run: chmod 700 %s", path, info.Mode().Perm(), path)
	}
	return nil
}

// CheckDir returns [ErrNotRegular] if something else than a directory is at path. A
// symbolic link is something else. The directory may be missing.
func CheckDir(path string) error {
	if info, err := os.Lstat(path); err == nil && !info.IsDir() {
		return errorf(ErrNotRegular, "%s is not a directory", path)
	}
	return nil
}

package durable

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// Temporary is the name of the file that [Write] fills before it renames it. Only the
// holder of the directory's lock writes there, so one name is enough, and the next
// writer finds the file that a crash left.
const Temporary = ".new"

// Write replaces the file name in dir by data. The caller must hold the lock of the
// directory. Where root writes, the file belongs to the owner of dir, who would be
// locked out otherwise. The error is [ErrUnsynced] if the file was replaced, but the directory
// could not be synced.
func Write(dir, name string, data []byte) error {
	return writeThrough(filepath.Join(dir, Temporary), filepath.Join(dir, name), data)
}

func writeThrough(temporary, path string, data []byte) error {
	if err := os.Remove(temporary); err != nil && !isNotExist(err) {
		if info, statErr := os.Lstat(temporary); statErr == nil && info.IsDir() {
			return errorf(ErrNotRegular, "%s is in the way of new files; remove that directory", temporary)
		}
		return err
	}
	err := WriteSynced(temporary, data)
	if err == nil {
		err = Rename(temporary, path)
	}
	if err != nil {
		_ = os.Remove(temporary)
		return err
	}
	return unsynced(SyncDir(filepath.Dir(path)))
}

// WriteSynced makes the file at path, which must not exist, and syncs its data but not
// its directory.
func WriteSynced(path string, data []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	// Closed once more below: Windows does not rename an open file.
	defer f.Close()
	if err := keepOwner(filepath.Dir(path), f.Chown); err != nil {
		return err
	}
	if err := fill(f, data); err != nil {
		return err
	}
	return f.Close()
}

func fill(f *os.File, data []byte) error {
	if _, err := f.Write(data); err != nil {
		return err
	}
	return f.Sync()
}

// Remove removes the file name in dir. Without the sync of the directory a deleted
// file could come back. The error is [ErrUnsynced] as with [Write].
func Remove(dir, name string) error {
	if err := os.Remove(filepath.Join(dir, name)); err != nil {
		return err
	}
	return unsynced(SyncDir(dir))
}

// Create makes the file at path for the user alone: a crash leaves the whole file or
// none. Whatever is at path already stays, and the error is [fs.ErrExist]. Create makes
// the directory if it is missing.
func Create(path string, data []byte) error { return writeBeside(path, data, linkNew) }

// Replace is [Create] for a path where there may be a file, which it replaces. The owner
// stays.
func Replace(path string, data []byte) error { return writeBeside(path, data, Rename) }

// writeBeside writes a temporary file next to path, and has put bring it there.
func writeBeside(path string, data []byte, put func(from, to string) error) error {
	dir := filepath.Dir(path)
	if err := MakeParents(dir); err != nil {
		return err
	}
	sweep(dir)
	if _, err := os.Lstat(path); isNotExist(err) {
		if err := createUnnamed(path, data); !errors.Is(err, errors.ErrUnsupported) {
			return err
		}
	}
	f, err := newTemporary(dir)
	if err != nil {
		return about(path, err)
	}
	defer os.Remove(f.Name())
	defer f.Close() // where it was not reached below
	if info, err := os.Lstat(path); err == nil && info.Mode().IsRegular() {
		if err := keepOwner(path, f.Chown); err != nil {
			return about(path, err)
		}
	}
	if err := fill(f, data); err != nil {
		return about(path, err)
	}
	if closeBeforeRename {
		if err := f.Close(); err != nil {
			return about(path, err)
		}
	}
	if err := put(f.Name(), path); err != nil {
		return about(path, err)
	}
	return unsynced(SyncDir(dir))
}

// newTemporary makes a temporary file in dir, which is locked so that other processes do
// not take it for the file of a killed process.
func newTemporary(dir string) (*os.File, error) {
	for {
		f, err := os.CreateTemp(dir, Temporary+"-*") // of mode 0600
		if err != nil {
			return nil, err
		}
		// Another process may have swept the file before it was locked.
		locked, err := TryLock(f)
		if err != nil || locked && isAt(f, f.Name()) {
			return f, nil
		}
		_ = f.Close()
		_ = os.Remove(f.Name())
	}
}

func isAt(f *os.File, path string) bool {
	open, err := f.Stat()
	return err == nil && isCurrent(open, path)
}

// sweep removes the temporary files that killed processes left in dir. It removes no
// file that another process is writing.
func sweep(dir string) {
	left, _ := filepath.Glob(filepath.Join(escapeGlob(dir), Temporary+"-*"))
	for _, path := range left {
		f, err := openRegular(path)
		if err != nil {
			continue
		}
		if locked, err := TryLock(f); locked && err == nil && canSweep {
			_ = os.Remove(path)
		}
		_ = f.Close()
	}
}

// Rewrite replaces the file at path, which the user may share with other programs, by
// the result of content. Another process that does the same waits up to timeout, and
// then content sees the result; the error is [ErrBusy] after that. A crash leaves the
// old or the new file.
func Rewrite(path string, timeout time.Duration, content func() ([]byte, error)) error {
	hidden := filepath.Join(filepath.Dir(path), "."+filepath.Base(path))
	unlock, err := lockOnce(hidden+".lock", path, timeout)
	if err != nil {
		return err
	}
	defer unlock()
	data, err := content()
	if err != nil {
		return err
	}
	return writeThrough(hidden+Temporary, path, data)
}

// CheckWritable reports whether there is a chance that [Rewrite] succeeds.
func CheckWritable(path string) error {
	f, err := newTemporary(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}

// linkNew gives a file a second name, which is free. Memory sticks have file systems
// without links: there it looks first, and renames.
func linkNew(from, to string) error {
	err := os.Link(from, to)
	if err == nil || errors.Is(err, fs.ErrExist) {
		return err
	}
	if _, err := os.Lstat(to); !isNotExist(err) {
		return fs.ErrExist
	}
	return os.Rename(from, to)
}

// MakeDir makes a directory for the user alone, unless it is there. The error is
// [ErrNotRegular] if something else is there: a symbolic link would lead out of the
// parent.
func MakeDir(dir string) error {
	info, err := os.Lstat(dir)
	switch {
	case err == nil && !info.IsDir():
		return errorf(ErrNotRegular, "%s is not a directory", dir)
	case err == nil:
		return nil
	}
	// Another process may have been faster.
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	if err := keepOwner(filepath.Dir(dir), func(uid, gid int) error { return os.Lchown(dir, uid, gid) }); err != nil {
		return err
	}
	return SyncDir(filepath.Dir(dir))
}

// MakeParents makes dir and the directories above it that are missing, for the user
// alone. Each is synced: a file is gone if a directory above it is.
func MakeParents(dir string) error {
	if _, err := os.Stat(dir); !isNotExist(err) {
		return err
	}
	if err := MakeParents(filepath.Dir(dir)); err != nil {
		return err
	}
	return MakeDir(dir)
}

// escapeGlob escapes the characters of a path that mean something in a pattern.
func escapeGlob(path string) string {
	var escaped []byte
	for _, c := range []byte(path) {
		if c == '*' || c == '?' || c == '[' || c == '\\' && os.PathSeparator != '\\' {
			escaped = append(escaped, '\\')
		}
		escaped = append(escaped, c)
	}
	return string(escaped)
}

package vault

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

const (
	secretsDir = "secrets"
	extension  = ".age"

	// leftover is the name of every file before it is renamed to its own. Only
	// the holder of the lock writes, so one name is enough, and what a crash left
	// behind is found without looking for it.
	leftover = ".new"

	// maxFileSize keeps a planted file from filling the memory. It holds the
	// largest value in every version that history keeps by default.
	maxFileSize = 256 << 20
)

func isNotExist(err error) bool { return errors.Is(err, fs.ErrNotExist) }

// readFile reads a regular file of at most limit bytes. It follows no symbolic
// link and never waits, whatever stands at path.
func readFile(path string, limit int64) ([]byte, error) {
	var buffer bytes.Buffer
	if err := readInto(&buffer, path, limit); err != nil {
		return nil, err
	}
	return buffer.Bytes(), nil
}

func readInto(buffer *bytes.Buffer, path string, limit int64) error {
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
		return Errorf(ErrDamaged, "%s has %d bytes; none that this program writes is larger than %d", path, info.Size(), limit)
	}
	buffer.Reset()
	// One more than the size, or the buffer grows just to see the end of the file.
	buffer.Grow(int(info.Size()) + bytes.MinRead)
	_, err = buffer.ReadFrom(io.LimitReader(f, info.Size()))
	return err
}

func notRegular(path string) error {
	return Errorf(ErrDamaged, "%s is not a regular file; remove it, and bring back what belongs there from a copy of the vault", path)
}

// writeFile replaces dir/name by data, durably: when it returns the new file is
// on the disk, and a crash before that leaves the old one. The caller holds the
// lock. A file whose fsync failed is thrown away, never tried again: the kernel
// may have dropped its pages and would report success.
func writeFile(dir, name string, data []byte) error {
	return writeThrough(filepath.Join(dir, leftover), filepath.Join(dir, name), data)
}

func writeThrough(temporary, path string, data []byte) error {
	if err := os.Remove(temporary); err != nil && !isNotExist(err) {
		return err
	}
	err := writeSynced(temporary, data)
	if err == nil {
		err = replace(temporary, path)
	}
	if err != nil {
		_ = os.Remove(temporary)
		return err
	}
	return syncDir(filepath.Dir(path))
}

// writeSynced writes a file that must not exist, up to the disk.
func writeSynced(path string, data []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	// Closed once more below: Windows does not rename an open file.
	defer f.Close()
	if _, err := f.Write(data); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	return f.Close()
}

// WriteNewFile makes the file path for the user alone, durably and at once: a crash
// leaves the whole file or none. Whatever is at path already stays, and the error
// is [fs.ErrExist]. The directory is made if need be.
func WriteNewFile(path string, data []byte) error {
	return writeBeside(path, data, linkNew)
}

// ReplaceFile is WriteNewFile for a path where there may be a file, which it
// replaces.
func ReplaceFile(path string, data []byte) error {
	return writeBeside(path, data, replace)
}

// writeBeside writes a file next to path, durably, and has put bring it there.
func writeBeside(path string, data []byte, put func(from, to string) error) error {
	dir := filepath.Dir(path)
	if err := makeParents(dir); err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, leftover+"-*") // of mode 0600
	if err != nil {
		return about(path, err)
	}
	defer os.Remove(f.Name())
	defer f.Close() // where it was not reached below
	if _, err := f.Write(data); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	if err := put(f.Name(), path); err != nil {
		return about(path, err)
	}
	return syncDir(dir)
}

// about is an error of a temporary file as that of the file at path, which is what
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

// RewriteKeyFile replaces a file with keys, of several vaults perhaps, by what content
// returns. Whoever else does so meanwhile waits up to timeout for content to see the
// result ([ErrBusy] after that). A crash leaves one of the two and no copy for long:
// the next call removes it.
func RewriteKeyFile(path string, timeout time.Duration, content func() ([]byte, error)) error {
	hidden := filepath.Join(filepath.Dir(path), "."+filepath.Base(path))
	unlock, err := waitForLock(hidden+".lock", path, timeout)
	if err != nil {
		return err
	}
	defer unlock()
	data, err := content()
	if err != nil {
		return err
	}
	return writeThrough(hidden+leftover, path, data)
}

// CanRewriteKeyFile tells whether there is a chance that [RewriteKeyFile] succeeds.
func CanRewriteKeyFile(path string) error {
	f, err := os.CreateTemp(filepath.Dir(path), leftover+"-*")
	if err != nil {
		return err
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}

// linkNew gives a file a second name, which is free. Memory sticks have file
// systems without links, where nothing but looking first is left.
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

// removeFile removes dir/name durably: without the sync of the directory a
// deleted secret could come back.
func removeFile(dir, name string) error {
	if err := os.Remove(filepath.Join(dir, name)); err != nil {
		return err
	}
	return syncDir(dir)
}

// makeDir makes a directory of a vault for the user alone. A symbolic link there
// would take what is written out of the vault.
func makeDir(dir string) error {
	info, err := os.Lstat(dir)
	switch {
	case err == nil && !info.IsDir():
		return Errorf(ErrDamaged, "%s is not a directory; remove it, and bring back what belongs there from a copy of the vault", dir)
	case err == nil:
		return nil
	}
	// Another process may have been faster.
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return syncDir(filepath.Dir(dir))
}

// notElsewhere refuses a directory of a vault that a link leads out of it. It may be
// missing: git and file syncers drop what is empty.
func notElsewhere(dir string) error {
	if info, err := os.Lstat(dir); err == nil && !info.IsDir() {
		return Errorf(ErrDamaged, "%s is not a directory; remove it, and bring back what belongs there from a copy of the vault", dir)
	}
	return nil
}

// makeParents makes dir and what is missing above it for the user alone, each
// durably: a vault is gone if a directory above it is.
func makeParents(dir string) error {
	if _, err := os.Stat(dir); !isNotExist(err) {
		return err
	}
	if err := makeParents(filepath.Dir(dir)); err != nil {
		return err
	}
	return makeDir(dir)
}

// checkDir refuses a vault that others can reach.
func checkDir(dir string) error {
	info, err := os.Stat(dir)
	switch {
	case isNotExist(err):
		return Errorf(ErrNoVault, "there is no vault in %s", dir)
	case err != nil:
		return fmt.Errorf("looking for the vault: %w", err)
	case !info.IsDir():
		return Errorf(ErrNoVault, "there is no vault in %s, which is not a directory", dir)
	}
	if exposed(info) {
		return Errorf(ErrExposed, "%s is open to other users (mode %04o); run: chmod 700 %s", dir, info.Mode().Perm(), dir)
	}
	return nil
}

// CheckPrivate refuses a file that others can read or write, which a file with a
// key must not be. The error is [ErrExposed].
func CheckPrivate(path string, info fs.FileInfo) error {
	if exposed(info) {
		return Errorf(ErrExposed, "%s is open to other users (mode %04o); run: chmod 600 %s", path, info.Mode().Perm(), path)
	}
	return nil
}

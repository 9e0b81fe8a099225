package unlock

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"example.org/secret/crypto"
	"example.org/secret/vault"
	"example.org/secret/vault/durable"
)

const maxKeyFileSize = 64 << 10

// KeyFile is the file that the user names. It holds master keys, of several vaults perhaps, or an SSH key or age
// identity; see [Identity].
type KeyFile struct {
	Path string // empty if the user names none
}

func (k KeyFile) find(f *Finder) (*crypto.VaultKey, error) {
	if k.Path == "" {
		return nil, absent{reason: "no --key-file or SECRET_KEY_FILE"}
	}
	return f.openKeyFile(k.Path, durable.CheckPrivate)
}

// openKeyFile returns the vault's key from the file at path.
func (f *Finder) openKeyFile(path string, check func(string, fs.FileInfo) error) (*crypto.VaultKey, error) {
	text, err := readKeyFile(path, check)
	if err != nil {
		return nil, err
	}
	key, err := f.fit(text, path)
	switch {
	case err == nil:
		f.keyFile = path
		return key, nil
	case !errors.Is(err, vault.ErrNoKey):
		return nil, err
	case f.holdsRetired(text):
		return nil, noKeyf("%s holds the key of %s in a comment, since another vault with the same key got a new one; "+
			"remove the text before the key in that line",
			path, f.vault())
	case f.Header.Has(vault.Identity):
		return f.openIdentityFile(path, text, err)
	case isIdentity(text):
		return nil, noKeyf("%s is not sealed to %s; open it with another unlocker and run: secret key add identity "+
			"%s", f.vault(), path, path)
	}
	return nil, err
}

// readKeyFile reads a file with a key in it. Like ssh it refuses a file that check finds open to other users.
func readKeyFile(path string, check func(string, fs.FileInfo) error) (string, error) {
	// Opening a named pipe would wait for a writer.
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return "", noKeyf("the key file %s is not a regular file", path)
	}
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return "", noKeyf("there is no file %s to read the key from; name the right one", path)
	}
	if err != nil {
		return "", noKeyf("reading the key file: %v", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return "", noKeyf("reading the key file: %v", err)
	}
	if !info.Mode().IsRegular() {
		return "", noKeyf("the key file %s is not a regular file", path)
	}
	if err := check(path, info); err != nil {
		return "", noKeyf("%v", err)
	}
	if info.Size() > maxKeyFileSize {
		return "", noKeyf("the key file %s is larger than %d bytes", path, maxKeyFileSize)
	}
	text, err := io.ReadAll(io.LimitReader(f, maxKeyFileSize))
	if err != nil {
		return "", noKeyf("reading the key file: %v", err)
	}
	return string(text), nil
}

// readMasterKey reads the master key of a new vault. The error is [fs.ErrNotExist] if there is no file.
func readMasterKey(path string) (crypto.MasterKey, error) {
	if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
		return crypto.MasterKey{}, err
	}
	text, err := readKeyFile(path, durable.CheckPrivate)
	if err != nil {
		return crypto.MasterKey{}, err
	}
	master, err := crypto.ParseMasterKey(text)
	switch {
	case err == nil:
		return master, nil
	case isIdentity(text):
		return crypto.MasterKey{}, noKeyf("%s is an SSH key or age identity; make the vault with another unlocker, and "+
			"then run: secret key add identity %s", path, path)
	}
	return crypto.MasterKey{}, noKeyf("%s is %v", path, err)
}

func (KeyFile) kind() vault.Unlocker { return vault.KeyFile }

// prepare has the master key written into a new file, which age -i reads too.
func (k KeyFile) prepare(id string, master crypto.MasterKey) (keep, error) {
	return func() ([]byte, error) {
		text := fmt.Sprintf("# The master key of the vault %s. It opens the vault for everyone who has "+
			"it.\n%s\n", id, master.Reveal())
		err := durable.Create(k.Path, []byte(text))
		if errors.Is(err, fs.ErrExist) {
			return nil, vault.Errorf(vault.ErrExists, "there is a file %s already; name another place", k.Path)
		}
		if errors.Is(err, durable.ErrUnsynced) {
			_ = os.Remove(k.Path) // a key that a power cut may take back must not seal anything
			if cause, ok := errors.AsType[*fs.PathError](err); ok {
				err = cause
			}
		}
		if err != nil {
			return nil, fmt.Errorf("making the key file: %w", err)
		}
		return nil, nil
	}, nil
}

func (k KeyFile) undo(string) error { return os.Remove(k.Path) }

// fileHolder is the key file in use.
type fileHolder struct {
	path    string
	text    string
	timeout time.Duration
	now     func() time.Time
}

func (k KeyFile) holder(f *Finder, unlocker vault.Unlocker) (keyHolder, error) {
	if unlocker != vault.KeyFile {
		return nil, nil
	}
	if f.keyFile == "" {
		return nil, errors.New("it is not known here; name it with --key-file")
	}
	path, err := filepath.EvalSymlinks(f.keyFile)
	if err != nil {
		return nil, err
	}
	text, err := readKeyFile(path, durable.CheckPrivate)
	if err != nil {
		return nil, err
	}
	if err := durable.CheckWritable(path); err != nil {
		return nil, err
	}
	return &fileHolder{path, text, f.Timeout, f.Now}, nil
}

func (h *fileHolder) Unlocker() vault.Unlocker { return vault.KeyFile }
func (h *fileHolder) Sealed() []byte           { return nil }
func (h *fileHolder) where() string            { return h.path }

func (h *fileHolder) keys() ([]crypto.MasterKey, error) { return crypto.ParseMasterKeys(h.text) }

// Add puts next into the line before old.
func (h *fileHolder) Add(old, next crypto.MasterKey) error {
	return h.rewrite(func(text string) (string, error) {
		switch {
		case !strings.Contains(text, old.Reveal()):
			return "", errors.New("it was changed meanwhile and lacks the key of this vault")
		case strings.Contains(text, next.Reveal()):
			return text, nil
		}
		return strings.Replace(text, old.Reveal(), next.Reveal()+"\n"+old.Reveal(), 1), nil
	})
}

// retiredMark begins the comment that a replaced key becomes.
const retiredMark = "# replaced "

// Retire makes the old key a comment. It opens nothing there, but is not lost for other vaults that have the same key,
// nor for old copies of this one.
func (h *fileHolder) Retire(old crypto.MasterKey) error {
	return h.rewrite(func(text string) (string, error) {
		var retired strings.Builder
		for line := range strings.Lines(text) {
			if strings.TrimSpace(line) == old.Reveal() {
				line = retiredMark + h.now().UTC().Format(time.DateOnly) + ": " + old.Reveal() + "\n"
			}
			retired.WriteString(line)
		}
		return retired.String(), nil
	})
}

// rewrite reads the file again before it edits it, since another process may have changed the keys of other vaults.
func (h *fileHolder) rewrite(edit func(text string) (string, error)) error {
	err := durable.Rewrite(h.path, h.timeout, func() ([]byte, error) {
		text, err := readKeyFile(h.path, durable.CheckPrivate)
		if err != nil {
			return nil, err
		}
		h.text, err = edit(text)
		return []byte(h.text), err
	})
	if err != nil {
		return fmt.Errorf("changing the master key in %s: %w", h.path, err)
	}
	return nil
}

// holdsRetired reports whether a key file holds the vault's key as a comment.
func (f *Finder) holdsRetired(text string) bool {
	for line := range strings.Lines(text) {
		if comment, ok := strings.CutPrefix(line, retiredMark); ok {
			_, key, _ := strings.Cut(comment, ": ")
			if _, err := f.fit(key, ""); err == nil {
				return true
			}
		}
	}
	return false
}

// isFailure reports whether err is a failure of the file system, such as that it is full. The user can mend it, and
// need not give the key file up as one that must not be written to.
func isFailure(err error) bool {
	_, isPath := errors.AsType[*fs.PathError](err)
	return isPath && !errors.Is(err, fs.ErrPermission) && !errors.Is(err, syscall.EROFS)
}

package vault

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"example.org/secret/vault/durable"
)

const (
	secretsDir = "secrets"
	lockFile   = "lock"
	extension  = ".age"

	// maxFileSize keeps a planted file from filling the memory. It holds the
	// largest value in every version that history keeps by default.
	maxFileSize = 256 << 20
)

func isNotExist(err error) bool { return errors.Is(err, fs.ErrNotExist) }

// damage turns an error about something that no vault has in that place into
// [ErrDamaged].
func damage(err error) error {
	if errors.Is(err, durable.ErrNotRegular) || errors.Is(err, durable.ErrTooLarge) {
		return Errorf(ErrDamaged, "%v; remove it, and bring the right one back from a copy of the vault", err)
	}
	return err
}

func readFile(path string, limit int64) ([]byte, error) {
	data, err := durable.Read(path, limit)
	return data, damage(err)
}

func readInto(buffer *bytes.Buffer, path string, limit int64) error {
	return damage(durable.ReadInto(buffer, path, limit))
}

// writeFile replaces a file of the vault. The caller must hold the lock.
func writeFile(dir, name string, data []byte) error { return damage(durable.Write(dir, name, data)) }

func removeFile(dir, name string) error { return durable.Remove(dir, name) }

func makeDir(dir string) error { return damage(durable.MakeDir(dir)) }

// notElsewhere refuses a directory of a vault that a link leads out of it. The directory
// may be missing: git and file syncers drop empty ones.
func notElsewhere(dir string) error { return damage(durable.CheckDir(dir)) }

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
	return durable.CheckPrivateDir(dir, info)
}

// lock waits until this process is the vault's only writer.
func (v *Vault) lock() (unlock func(), err error) {
	unlock, err = durable.Lock(filepath.Join(v.dir, lockFile), v.dir, v.options.LockTimeout)
	return unlock, damage(err)
}

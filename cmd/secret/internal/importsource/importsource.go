// Package importsource reads the files and the stores that an import names.
package importsource

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"example.org/secret/cmd/secret/internal/process"
	"example.org/secret/cmd/secret/internal/prompt"
	"example.org/secret/cmd/secret/internal/usage"
	"example.org/secret/vault"
	"example.org/secret/vault/exchange"

	"filippo.io/age"
)

// maxSize is the largest file that is read, in bytes.
const maxSize = 256 << 20

// Source is a file, the directory of a store, or standard input.
type Source struct {
	Path     string // - is standard input
	Stdin    io.Reader
	Identity string       // the identity file of a store of passage; by default the one beside the store
	Tool     process.Tool // runs gpg
	Progress func(files int)
}

// IsStore reports whether the source is a directory of pass, gopass or passage.
func (s Source) IsStore() bool {
	info, err := os.Stat(s.Path)
	return err == nil && info.IsDir()
}

// ReadFile reads a file or standard input, which may have to wait for their writers. The error is [vault.ErrInvalid] if
// that fails, or above 256 MiB, and [prompt.ErrInterrupted] after a signal.
func (s Source) ReadFile() ([]byte, error) { return prompt.Interruptible(s.readFile) }

func (s Source) readFile() ([]byte, error) {
	from := s.Stdin
	if s.Path != "-" {
		f, err := os.Open(s.Path)
		if err != nil {
			return nil, usage.Errorf("reading the import: %v", err)
		}
		defer f.Close()
		from = f
	}
	data, err := io.ReadAll(io.LimitReader(from, maxSize+1))
	switch {
	case err != nil:
		return nil, usage.Errorf("reading the import: %v", err)
	case len(data) > maxSize:
		return nil, usage.Errorf("%s is larger than %d bytes", s.Path, maxSize)
	}
	return data, nil
}

// ReadStore reads the files of a store, each opened by gpg or with the identities of age.
func (s Source) ReadStore() ([]exchange.Entry, error) {
	store := os.DirFS(s.Path)
	if gpg, _ := fs.Glob(store, "*.gpg"); len(gpg) > 0 || isRegular(filepath.Join(s.Path, ".gpg-id")) {
		return exchange.ReadStore(store, ".gpg", func(path string, sealed []byte) ([]byte, error) {
			text, err := s.Tool.Run(string(sealed), "gpg", "--quiet", "--batch", "--decrypt")
			if err != nil {
				return nil, fmt.Errorf("opening %s: %w", path, err)
			}
			return []byte(text), nil
		}, s.Progress)
	}
	identities, err := s.identities()
	if err != nil {
		return nil, err
	}
	return exchange.ReadStore(store, ".age", func(path string, sealed []byte) ([]byte, error) {
		r, err := age.Decrypt(bytes.NewReader(sealed), identities...)
		if err != nil {
			return nil, fmt.Errorf("opening %s: %w", path, err)
		}
		return io.ReadAll(io.LimitReader(r, vault.MaxValueSize+1))
	}, s.Progress)
}

func (s Source) identities() ([]age.Identity, error) {
	path := s.Identity
	if path == "" {
		path = filepath.Join(filepath.Dir(filepath.Clean(s.Path)), "identities") // where passage has it
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, usage.Errorf("%s has no files of pass; for those of passage give --identity FILE (%v)", s.Path, err)
	}
	defer f.Close()
	identities, err := age.ParseIdentities(f)
	if err != nil {
		// The library's errors may quote a mistyped key.
		return nil, usage.Errorf("%s is not an identity file of age, or it is encrypted; then give it as <(age -d %s)",
			path, path)
	}
	return identities, nil
}

// Remains says which plain file still holds the secrets after the import, and whether it may be removed. It may not if
// secrets were skipped, which may be nowhere else. The advice is empty if no file is left.
func (s Source) Remains(skipped int) (advice string, removable bool) {
	if s.Path == "-" || s.IsStore() || strings.HasPrefix(s.Path, "/dev/") {
		return "", false
	}
	info, err := os.Lstat(s.Path)
	switch {
	case err != nil || info.Mode()&(fs.ModeNamedPipe|fs.ModeDevice|fs.ModeSocket) != 0:
		return "", false // a pipe holds nothing any more
	case skipped > 0:
		return s.Path + " still holds the secrets in clear, also those that were skipped; remove it when you have looked " +
			"at them", false
	case !info.Mode().IsRegular():
		return s.Path + " is a link to a file that still holds the secrets in clear; remove it when you have checked the " +
			"import", false
	}
	return s.Path + " still holds the secrets in clear; remove it when you have checked the import", true
}

func isRegular(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}

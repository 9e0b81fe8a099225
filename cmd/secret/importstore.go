package main

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"example.org/secret/cmd/secret/internal/process"
	"example.org/secret/vault"
	"example.org/secret/vault/exchange"

	"filippo.io/age"
)

// readStore reads the directory of pass, gopass or passage.
func (a *app) readStore(o importOptions, dir string) ([]exchange.Entry, error) {
	store := os.DirFS(dir)
	progress := func(done int) { a.sayf("\r\x1b[K%s opened", plural(done, "file")) }
	defer a.sayf("\r\x1b[K")
	if gpg, _ := fs.Glob(store, "*.gpg"); len(gpg) > 0 || readableFile(filepath.Join(dir, ".gpg-id")) {
		return exchange.ReadStore(store, ".gpg", func(path string, sealed []byte) ([]byte, error) {
			text, err := process.Tool{Environ: a.environ}.Run(string(sealed), "gpg", "--quiet", "--batch", "--decrypt")
			if err != nil {
				return nil, fmt.Errorf("opening %s: %w", path, err)
			}
			return []byte(text), nil
		}, progress)
	}
	identities, err := a.storeIdentities(o, dir)
	if err != nil {
		return nil, err
	}
	return exchange.ReadStore(store, ".age", func(path string, sealed []byte) ([]byte, error) {
		r, err := age.Decrypt(bytes.NewReader(sealed), identities...)
		if err != nil {
			return nil, fmt.Errorf("opening %s: %w", path, err)
		}
		return io.ReadAll(io.LimitReader(r, vault.MaxValueSize+1))
	}, progress)
}

func readableFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}

func (a *app) storeIdentities(o importOptions, dir string) ([]age.Identity, error) {
	path := o.identity
	if path == "" {
		path = filepath.Join(filepath.Dir(filepath.Clean(dir)), "identities") // where passage has it
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, usagef("%s has no files of pass; for those of passage give --identity FILE (%v)", dir, err)
	}
	defer f.Close()
	identities, err := age.ParseIdentities(f)
	if err != nil {
		// The library's errors may quote a mistyped key.
		return nil, usagef("%s is not an identity file of age, or it is encrypted; then give it as <(age -d %s)", path, path)
	}
	return identities, nil
}

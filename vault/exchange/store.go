package exchange

import (
	"bytes"
	"io/fs"
	"path"
	"strings"

	"example.org/secret/vault"
)

// Decrypter opens one file of a store.
type Decrypter func(path string, sealed []byte) ([]byte, error)

// ReadStore reads a store of the pass family: a directory whose files ending in
// extension hold a secret each. Links are not followed.
func ReadStore(store fs.FS, extension string, decrypt Decrypter, progress func(done int)) ([]Entry, error) {
	var entries []Entry
	err := fs.WalkDir(store, ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && strings.HasPrefix(path.Base(name), ".") && name != ".":
			return fs.SkipDir
		case !d.Type().IsRegular() || !strings.HasSuffix(name, extension):
			return nil
		}
		sealed, err := fs.ReadFile(store, name)
		if err != nil {
			return err
		}
		text, err := decrypt(name, sealed)
		if err != nil {
			return err
		}
		entries = append(entries, fromPass(strings.TrimSuffix(name, extension), text))
		progress(len(entries))
		return nil
	})
	if err != nil {
		return nil, err
	}
	if len(entries) == 0 {
		return nil, formatf("there are no files ending in %s in it", extension)
	}
	return entries, nil
}

// fromPass reads a text as pass and its kin lay it out: the password on the first
// line, then lines of name: value. A text that is anything else stays whole.
func fromPass(name string, text []byte) Entry {
	text = bytes.TrimSuffix(text, []byte("\n"))
	lines := strings.Split(string(text), "\n")
	if len(lines) == 1 {
		return plaintext(name, text)
	}
	fields := map[string]vault.Bytes{"password": vault.Bytes(lines[0])}
	for _, line := range lines[1:] {
		key, value, ok := strings.Cut(line, ":")
		key = strings.TrimSpace(key)
		switch {
		case strings.TrimSpace(line) == "" || line == "---":
			continue
		case strings.HasPrefix(line, "otpauth://"):
			key, value = "totp", line
		case !ok || key == "" || strings.HasPrefix(value, "//"):
			return plaintext(name, text)
		}
		switch lower := strings.ToLower(key); lower {
		case "user", "login", "username", "email":
			if _, taken := fields["username"]; !taken {
				key = "username"
			}
		case "password":
			return plaintext(name, text)
		}
		if _, twice := fields[key]; twice || vault.CheckField(key) != nil {
			return plaintext(name, text)
		}
		fields[key] = vault.Bytes(strings.TrimSpace(value))
	}
	return withFields(name, fields)
}

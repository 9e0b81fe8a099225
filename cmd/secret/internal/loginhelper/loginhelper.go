// Package loginhelper stores the logins of other programs, and makes this program their helper. The protocol of each
// program has a package of its own below this one.
package loginhelper

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"example.org/secret/cmd/secret/internal/picked"
	"example.org/secret/vault"
)

const (
	// MaxInput is the longest request, in bytes. Git's lines have less than 64 KiB.
	MaxInput = 1 << 20
	// recoveryDays is how long a login that a program found refused can be restored.
	recoveryDays = 30
)

// Opener opens the vault.
type Opener func() (*vault.Vault, error)

// Save stores the login of a program as a new version, unless it is the current one. It restores a deleted secret.
func Save(v *vault.Vault, name vault.Name, fields map[string]vault.Bytes) error {
	news := vault.Value{Fields: fields}
	if p, err := picked.Find(v, vault.Reference{Name: name}); err == nil && p.Version.Merged(news).Equal(p.Version.Value) {
		return nil // without the lock, because git stores a login after each use
	}
	add := func(s *vault.Secret) error {
		value := news
		if s.Exists() {
			if err := s.Restore(); err != nil && !errors.Is(err, vault.ErrUnchanged) {
				return err
			}
			current, err := s.Find(vault.Selector{})
			switch {
			case err == nil:
				value = current.Merged(value)
			case !errors.Is(err, vault.ErrNoValue):
				return err
			}
		}
		return s.Add(vault.NewVersion{Kind: vault.Credential, Value: value, Origin: vault.OriginSet})
	}
	_, err := v.Update(name, add)
	if errors.Is(err, vault.ErrNotFound) {
		_, err = v.Upsert(name, add)
	}
	return err
}

// Drop schedules the deletion of a login that was refused. The user can restore it for 30 days.
func Drop(v *vault.Vault, name vault.Name) error {
	_, err := v.UpdateMeta(name, func(s *vault.Secret) error {
		if s.Deleted() != nil {
			return vault.ErrUnchanged
		}
		return s.ScheduleDeletion(recoveryDays)
	})
	return err
}

// Escape makes any text a part of a secret's name. It writes =XX for each byte that a name cannot hold, and for the
// bytes that join the parts. Two different places have different names.
func Escape(s string) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for _, c := range []byte(s) {
		if _, err := vault.ParseName(string(rune(c))); err == nil && !strings.ContainsRune("=/+@", rune(c)) {
			b.WriteByte(c)
		} else {
			b.Write([]byte{'=', hex[c>>4], hex[c&15]})
		}
	}
	return b.String()
}

// EscapePath escapes the parts of a path, and keeps its slashes.
func EscapePath(s string) string {
	parts := strings.Split(s, "/")
	for i := range parts {
		parts[i] = Escape(parts[i])
	}
	return strings.Join(parts, "/")
}

// OneLine returns a value for a protocol of lines, less the newline at the end of a file. A line break in it would
// begin a second line of the protocol, so that the error is [vault.ErrInvalid].
func OneLine(value, subject string) (string, error) {
	value = strings.TrimSuffix(strings.TrimSuffix(value, "\n"), "\r")
	if strings.ContainsAny(value, "\n\r\x00") {
		return "", vault.Errorf(vault.ErrInvalid, "%s holds a line break or a NUL byte, which cannot be passed on", subject)
	}
	return value, nil
}

// ReadRequest reads the request of a program to its end.
func ReadRequest(r io.Reader, program string) ([]byte, error) {
	input, err := io.ReadAll(io.LimitReader(r, MaxInput+1))
	if err != nil {
		return nil, fmt.Errorf("cannot read the request of %s: %w", program, err)
	}
	if len(input) > MaxInput {
		return nil, TooLong(program)
	}
	return input, nil
}

// TooLong returns the error of a request that is longer than [MaxInput].
func TooLong(program string) error {
	return vault.Errorf(vault.ErrInvalid, "the request of %s is longer than %d bytes", program, MaxInput)
}

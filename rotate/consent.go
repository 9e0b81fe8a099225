package rotate

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"example.org/secret/vault"
)

// Consent is the list of the rotators that the user enabled on this machine. The file
// must be outside the vault: a rotator that arrives with a vault from another machine
// must not run here because it was enabled there.
type Consent struct {
	path    string
	vaultID string
	lines   map[string]bool
}

// LoadConsent reads the file path, which need not exist, for the vault vaultID.
func LoadConsent(path, vaultID string) (*Consent, error) {
	c := &Consent{path: path, vaultID: vaultID, lines: map[string]bool{}}
	text, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("reading which rotators are enabled here: %w", err)
	}
	scanner := bufio.NewScanner(bytes.NewReader(text))
	for scanner.Scan() {
		c.lines[scanner.Text()] = true
	}
	return c, scanner.Err()
}

// Reload reads the file again, which other processes may have changed.
func (c *Consent) Reload() (*Consent, error) { return LoadConsent(c.path, c.vaultID) }

// Given reports whether the user enabled the rotator of r, with its arguments, for s.
func (c *Consent) Given(s *vault.Secret, r Rotation) bool { return c.lines[c.line(s, r)] }

// Give saves that the user enabled the rotator of r for s. Two processes may do so at
// once: each appends one short line.
func (c *Consent) Give(s *vault.Secret, r Rotation) error {
	line := c.line(s, r)
	if c.lines[line] {
		return nil
	}
	if err := appendLine(c.path, line); err != nil {
		return fmt.Errorf("enabling the rotator: %w", err)
	}
	c.lines[line] = true
	return nil
}

func appendLine(path, line string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	defer f.Close()
	if _, err := f.WriteString(line + "\n"); err != nil {
		return err
	}
	return f.Sync()
}

// line identifies one command that is run for one secret of one vault.
func (c *Consent) line(s *vault.Secret, r Rotation) string {
	command, _ := json.Marshal(append([]string{r.Rotator}, r.Args...))
	sum := sha256.Sum256(command)
	return c.vaultID + " " + s.ID + " " + hex.EncodeToString(sum[:])
}

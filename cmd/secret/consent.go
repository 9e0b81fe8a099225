package main

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

	"example.org/secret/rotate"
	"example.org/secret/vault"
)

// consent remembers which rotators the user enabled on this machine. It is kept
// outside the vault: a rotator that arrives with an imported or synced vault must
// not run because somebody elsewhere said so.
type consent struct {
	path    string
	vaultID string
	lines   map[string]bool
}

func (a *app) loadConsent(vaultID string) (*consent, error) {
	dir, err := a.userDir("XDG_STATE_HOME", filepath.Join(".local", "state"), "LocalAppData")
	if err != nil {
		return nil, err
	}
	c := &consent{path: filepath.Join(dir, "secret", "rotators"), vaultID: vaultID, lines: map[string]bool{}}
	text, err := os.ReadFile(c.path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("reading which rotators are enabled here: %w", err)
	}
	scanner := bufio.NewScanner(bytes.NewReader(text))
	for scanner.Scan() {
		c.lines[scanner.Text()] = true
	}
	return c, scanner.Err()
}

func (c *consent) given(s *vault.Secret, r rotate.Rotation) bool { return c.lines[c.line(s, r)] }

// give appends one short line, which even two processes at once do not mix up.
func (c *consent) give(s *vault.Secret, r rotate.Rotation) error {
	line := c.line(s, r)
	if c.lines[line] {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(c.path), 0o700); err != nil {
		return fmt.Errorf("enabling the rotator: %w", err)
	}
	f, err := os.OpenFile(c.path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return fmt.Errorf("enabling the rotator: %w", err)
	}
	defer f.Close()
	if _, err := f.WriteString(line + "\n"); err != nil {
		return fmt.Errorf("enabling the rotator: %w", err)
	}
	c.lines[line] = true
	return f.Sync()
}

// line stands for one command run for one secret of one vault.
func (c *consent) line(s *vault.Secret, r rotate.Rotation) string {
	command, _ := json.Marshal(append([]string{r.Rotator}, r.Args...))
	sum := sha256.Sum256(command)
	return c.vaultID + " " + s.ID + " " + hex.EncodeToString(sum[:])
}

package edit

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"example.org/secret/cmd/secret/internal/prompt"
	"example.org/secret/vault"
	"example.org/secret/vault/durable"
)

// Options connect a session with the user.
type Options struct {
	Getenv         func(string) string
	Environ        []string
	Stdin          *os.File
	Stdout, Stderr *os.File
	Confirm        func(question string) (bool, error)
	Warn           func(format string, args ...any)
}

// Session is a text in a directory of its own, which takes the side files of the editor as well.
type Session struct {
	Options
	dir  string
	kept bool
}

const (
	prefix     = "secret-edit-"
	keptPrefix = "secret-edit-kept-" // no process removes these

	// maxEdited is the largest text that an editor may leave, in bytes: the largest value
	// with each byte escaped, and its description and tags.
	maxEdited = 8 * vault.MaxValueSize
)

// ErrGivenUp means that the user chose not to store the text.
var ErrGivenUp = vault.Errorf(vault.ErrInvalid, "given up")

// NewSession makes a directory below base. It removes the directories of processes that were killed.
func NewSession(base string, o Options) (*Session, error) {
	for _, dir := range leftovers(base) {
		if os.RemoveAll(dir) == nil {
			o.Warn("removed %s, which an interrupted edit had left", dir)
		}
	}
	dir, err := os.MkdirTemp(base, fmt.Sprintf("%s%d-", prefix, os.Getpid()))
	if err != nil {
		return nil, fmt.Errorf("cannot make a directory for the text: %w", err)
	}
	return &Session{Options: o, dir: dir}, nil
}

// leftovers returns the directories of processes that do not exist any more.
func leftovers(base string) []string {
	dirs, _ := filepath.Glob(filepath.Join(base, prefix+"*"))
	return slices.DeleteFunc(dirs, func(dir string) bool {
		var pid int
		_, err := fmt.Sscanf(filepath.Base(dir), prefix+"%d-", &pid)
		return err != nil || processExists(pid)
	})
}

func (s *Session) path() string { return filepath.Join(s.dir, "secret.yaml") }

// Keep makes Close keep the text, and returns its path.
func (s *Session) Keep() string {
	s.kept = true
	base, name := filepath.Split(s.dir)
	kept := filepath.Join(base, keptPrefix+strings.TrimPrefix(name, prefix))
	if os.Rename(s.dir, kept) == nil {
		s.dir = kept
	}
	return s.path()
}

// Changed reports whether the editor saved another text.
func (s *Session) Changed(text []byte) bool {
	now, err := s.read()
	return err == nil && !bytes.Equal(now, text)
}

// read reads the text, which the editor may have replaced by any file.
func (s *Session) read() ([]byte, error) { return durable.Read(s.path(), maxEdited) }

// Close removes the text.
func (s *Session) Close() {
	if !s.kept {
		_ = os.RemoveAll(s.dir)
	}
}

// Edit has the user edit the text until it decodes and passes the check, or until the user gives up ([ErrGivenUp]).
// After another error the caller should keep a changed text. An error of the
// check that is not [vault.ErrInvalid] is no fault of the text, and ends the editing without an error.
func (s *Session) Edit(text []byte, kind vault.Kind, check func(Document) error) (Document, error) {
	if err := os.WriteFile(s.path(), text, 0o600); err != nil {
		return Document{}, fmt.Errorf("cannot write the text for the editor: %w", err)
	}
	for {
		if err := s.runEditor(s.path()); err != nil {
			return Document{}, err
		}
		edited, err := s.read()
		if err != nil {
			return Document{}, fmt.Errorf("cannot read the text back: %w", err)
		}
		if len(bytes.TrimSpace(edited)) == 0 {
			return Document{}, vault.Errorf(ErrGivenUp, "the text is empty; nothing was stored")
		}
		result, problem := Decode(edited, kind)
		if problem == nil {
			if problem = check(result); !errors.Is(problem, vault.ErrInvalid) {
				return result, nil
			}
		}
		s.Warn("%v", problem)
		again, err := s.Confirm("Edit it again?")
		if errors.Is(err, prompt.ErrNoTerminal) || (err == nil && !again) {
			return Document{}, vault.Errorf(ErrGivenUp, "%v; nothing was stored", problem)
		}
		if err != nil {
			return Document{}, err
		}
	}
}

package vault

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// renameJournal names the two files of a rename that is under way.
const renameJournal = ".rename"

// Rename gives a secret another name, which must be free: else [ErrExists].
//
// A name is bound into its file, so there is a new file to write and an old one
// to remove. The removal is the moment of the change: a new file is not there for
// readers while the old one is (halfRenamed). A journal lets the next writer
// remove the file that a crash in between left (settleRename).
func (v *Vault) Rename(from, to Name) (*Secret, error) {
	unlock, err := v.writing()
	if err != nil {
		return nil, err
	}
	defer unlock()
	s, err := v.getMeta(from)
	if err != nil {
		return nil, err
	}
	if err := s.Deleted(); err != nil {
		return nil, err
	}
	oldID, newID := v.key.FileID(string(from)), v.key.FileID(string(to))
	if err := v.free(to); err != nil {
		return nil, err
	}
	if err := writeFile(v.secrets(), renameJournal, []byte(oldID+" "+newID+"\n")); err != nil {
		return nil, fmt.Errorf("renaming %q: %w", from, err)
	}
	s.Name, s.RenamedFrom = to, oldID
	if err := v.write(s); err != nil {
		return nil, err
	}
	if err := removeFile(v.secrets(), oldID+extension); err != nil {
		return nil, fmt.Errorf("renaming %q: %w", from, err)
	}
	return s, v.settleRename()
}

// free returns [ErrExists] if name is taken.
func (v *Vault) free(name Name) error {
	existing, err := v.getMeta(name)
	switch {
	case errors.Is(err, ErrNotFound):
		return nil
	case err != nil:
		return err
	}
	if err := existing.Deleted(); err != nil {
		return Errorf(errNameKept, "%v; restore it, or delete it with --force first", err)
	}
	return Errorf(ErrExists, "there is a secret named %q already", name)
}

// halfRenamed reports whether a secret is the new file of a rename that did not
// happen: an earlier revision of it is still in the file that it was moved from.
func (v *Vault) halfRenamed(id string, revision int, renamedFrom string) bool {
	if renamedFrom == "" {
		return false
	}
	old, err := v.read(renamedFrom)
	return err == nil && old.ID == id && old.Revision < revision
}

// settleRename takes back a rename that stopped half-way.
func (v *Vault) settleRename() error {
	journal := filepath.Join(v.secrets(), renameJournal)
	text, err := readFile(journal, maxHeaderSize)
	if isNotExist(err) {
		return nil
	}
	if err != nil {
		return err
	}
	_, newID, _ := strings.Cut(strings.TrimSpace(string(text)), " ")
	if isFileID(newID) {
		if s, err := v.read(newID); err == nil && v.halfRenamed(s.ID, s.Revision, s.RenamedFrom) {
			if err := removeFile(v.secrets(), newID+extension); err != nil {
				return err
			}
		}
	}
	return os.Remove(journal)
}

package vault

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// stagingDir holds the files of a batch until all of them are on the disk.
const stagingDir = ".staged"

// UpsertAll is [Vault.Upsert] for many secrets at once: if change fails for one of
// them, or the disk is full, none is changed. All new files are on the disk before
// the first takes its place, so that only a crash within the moment of the
// renaming can leave some of them new and others old. progress is told how many
// files are ready.
func (v *Vault) UpsertAll(names []Name, change func(i int, s *Secret) error, progress func(done int)) error {
	unlock, err := v.writing()
	if err != nil {
		return err
	}
	defer unlock()
	staging := filepath.Join(v.secrets(), stagingDir)
	if err := makeDir(staging); err != nil {
		return fmt.Errorf("saving: %w", err)
	}
	defer os.RemoveAll(staging)
	staged := map[string]Name{}
	for i, name := range names {
		fileID := v.key.FileID(string(name))
		if _, twice := staged[fileID]; twice {
			return failf(ErrInvalid, "the name %q stands there twice", name)
		}
		changed, err := v.stage(staging, name, func(s *Secret) error { return change(i, s) })
		if err != nil {
			return err
		}
		if changed {
			staged[fileID] = name
		}
		progress(i + 1)
	}
	if err := syncDir(staging); err != nil {
		return fmt.Errorf("saving: %w", err)
	}
	for fileID, name := range staged {
		if err := replace(filepath.Join(staging, fileID+extension), v.path(fileID)); err != nil {
			return fmt.Errorf("saving %q: %w", name, err)
		}
	}
	return syncDir(v.secrets())
}

// stage writes the file of a changed secret into the staging directory.
func (v *Vault) stage(staging string, name Name, change func(*Secret) error) (changed bool, err error) {
	s, err := v.getOrEmpty(name)
	if err != nil {
		return false, err
	}
	if err := s.Live(); err != nil {
		return false, failf(ErrExists, "%v", err)
	}
	if err := change(s); err != nil {
		if errors.Is(err, ErrUnchanged) {
			return false, nil
		}
		return false, err
	}
	s.RenamedFrom = ""
	fileID, sealed, err := v.seal(s)
	if err != nil {
		return false, err
	}
	if err := writeSynced(filepath.Join(staging, fileID+extension), sealed); err != nil {
		return false, fmt.Errorf("saving %q: %w", name, err)
	}
	return true, nil
}

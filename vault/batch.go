package vault

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"example.org/secret/vault/durable"
)

// stagingDir holds the files of a batch until all of them are on the disk.
const stagingDir = ".staged"

// replaced is behind the names of the files in it that were in the vault before.
const replaced = ".old"

// UpsertAll is [Vault.Upsert] for many secrets at once: if change fails for one of
// them, or the disk is full, none is changed. All new files are on the disk before
// the first takes its place, so that only a crash within the moment of the
// renaming can leave some of them new and others old. progress is told how many
// files are ready.
func (v *Vault) UpsertAll(names []Name, change func(i int, s *Secret) error, progress func(done int)) error {
	return v.withKeys(func() error { return v.tryUpsertAll(names, change, progress) })
}

func (v *Vault) tryUpsertAll(names []Name, change func(i int, s *Secret) error, progress func(done int)) error {
	unlock, err := v.writing()
	if err != nil {
		return err
	}
	defer unlock()
	staging := filepath.Join(v.secrets(), stagingDir)
	defer os.RemoveAll(staging)
	var staged []string
	seen := map[string]bool{}
	for i, name := range names {
		fileID := v.key.FileID(string(name))
		if seen[fileID] {
			return Errorf(ErrInvalid, "the name %q stands there twice", name)
		}
		seen[fileID] = true
		changed, err := v.stage(staging, name, func(s *Secret) error { return change(i, s) })
		if err != nil {
			return err
		}
		if changed {
			staged = append(staged, fileID)
		}
		progress(i + 1)
	}
	if len(staged) == 0 {
		return nil
	}
	if err := v.placeAll(staging, staged); err != nil {
		return fmt.Errorf("saving: %w", err)
	}
	return nil
}

// stage writes the file of a changed secret into the staging directory.
func (v *Vault) stage(staging string, name Name, change func(*Secret) error) (changed bool, err error) {
	s, err := v.getOrEmpty(name, v.getOpen)
	if err != nil {
		return false, err
	}
	if err := s.Deleted(); err != nil {
		return false, Errorf(ErrExists, "%v", err)
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
	if err := makeDir(staging); err != nil {
		return false, fmt.Errorf("saving: %w", err)
	}
	if err := durable.WriteSynced(filepath.Join(staging, fileID+extension), sealed); err != nil {
		return false, fmt.Errorf("saving %q: %w", name, err)
	}
	return true, nil
}

// placeAll moves the staged files to where they belong. If that fails for one of
// them, those before it are taken back: a directory may need room to grow.
func (v *Vault) placeAll(staging string, staged []string) error {
	if err := durable.SyncDir(staging); err != nil {
		return err
	}
	var undo []func() error
	for _, fileID := range staged {
		from, to := filepath.Join(staging, fileID+extension), v.path(fileID)
		linkErr := os.Link(to, from+replaced)
		if err := durable.Rename(from, to); err != nil {
			for _, takeBack := range undo {
				err = errors.Join(err, takeBack())
			}
			return errors.Join(err, durable.SyncDir(v.secrets()))
		}
		switch {
		case linkErr == nil:
			undo = append(undo, func() error { return durable.Rename(from+replaced, to) })
		case isNotExist(linkErr):
			undo = append(undo, func() error { return os.Remove(to) })
		} // else the file system has no links, and a new version stays
	}
	return durable.SyncDir(v.secrets())
}

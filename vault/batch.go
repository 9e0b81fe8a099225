package vault

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"example.org/secret/vault/durable"
)

// A batch changes many secrets at once. Its files are written into a staging directory,
// and one rename of that directory commits all of them: from then on readers prefer the
// files in it to those in their places. The files move to their places after that, by
// the writer or, if it died, by the next one (FORMAT.md, Batches).
const (
	stagingDir   = ".staged"   // a batch that is not committed; worthless after a crash
	committedDir = ".placing"  // the same directory after the commit
	reserved     = ".reserved" // ends the names that make room in the directory of secrets
)

// UpsertAll is [Vault.Upsert] for many secrets at once: all of them are changed or none,
// also if the process dies at any instant. If change fails for one secret, the disk is
// full or ctx ends, none is changed. progress is told how many files are ready.
func (v *Vault) UpsertAll(
	ctx context.Context, names []Name, change func(i int, s *Secret) error, progress func(done int),
) error {
	if err := v.reachKeysOf(names); err != nil {
		return err
	}
	unlock, err := v.writing()
	if err != nil {
		return err
	}
	defer unlock()
	defer v.dropStaged()
	var staged []string
	seen := map[string]bool{}
	for i, name := range names {
		if err := ctx.Err(); err != nil {
			return err
		}
		fileID := v.key.FileID(string(name))
		if seen[fileID] {
			return Errorf(ErrInvalid, "the name %q is given twice", name)
		}
		seen[fileID] = true
		changed, err := v.stage(name, func(s *Secret) error { return change(i, s) })
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
	if err := v.commitStaged(staged); err != nil {
		return fmt.Errorf("saving: %w", err)
	}
	// The batch is committed. If a file cannot be moved now, the next writer moves it.
	_ = v.settleBatch()
	return nil
}

// reachKeysOf reaches the value keys of secrets. A vault without such keys is not read
// twice.
func (v *Vault) reachKeysOf(names []Name) error {
	keys, err := listKeyFiles(v.keys())
	if err != nil || len(keys) == 0 {
		return err
	}
	for _, name := range names {
		if err := v.reachKeyOf(name); err != nil {
			return err
		}
	}
	return nil
}

// stage writes the file of a changed secret into the staging directory.
func (v *Vault) stage(name Name, change func(*Secret) error) (changed bool, err error) {
	s, err := v.getOrEmpty(name, v.getOpen)
	if err != nil {
		return false, err
	}
	if err := s.Deleted(); err != nil {
		return false, Errorf(errNameKept, "%v", err)
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
	if err := makeDir(v.staging()); err != nil {
		return false, fmt.Errorf("saving: %w", err)
	}
	if err := durable.WriteSynced(filepath.Join(v.staging(), fileID+extension), sealed); err != nil {
		return false, fmt.Errorf("saving %q: %w", name, err)
	}
	return true, nil
}

// commitStaged commits the staged files, after it has made sure that each can move to
// its place.
func (v *Vault) commitStaged(staged []string) error {
	if err := durable.SyncDir(v.staging()); err != nil {
		return err
	}
	if err := v.reserve(staged); err != nil {
		return err
	}
	if err := durable.Rename(v.staging(), v.committed()); err != nil {
		return err
	}
	if err := durable.SyncDir(v.secrets()); err != nil {
		return fmt.Errorf("%w: %w", durable.ErrUnsynced, err)
	}
	return nil
}

// reserve makes the directory of secrets as large as it is going to be, since a full
// disk must not stop a batch after its commit.
func (v *Vault) reserve(staged []string) error {
	var made []string
	defer func() {
		for _, path := range made {
			_ = os.Remove(path)
		}
	}()
	for _, fileID := range staged {
		info, err := os.Lstat(v.path(fileID))
		switch {
		case err == nil && info.IsDir():
			return damage(fmt.Errorf("%w: %s", durable.ErrNotRegular, v.path(fileID)))
		case err == nil:
			continue
		case !isNotExist(err):
			return err
		}
		path := v.path(fileID) + reserved
		f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE, 0o600)
		if err != nil {
			return err
		}
		made = append(made, path)
		if err := f.Close(); err != nil {
			return err
		}
	}
	return nil
}

// dropStaged removes a batch that is not committed.
func (v *Vault) dropStaged() {
	if _, err := os.Lstat(v.staging()); isNotExist(err) {
		return
	}
	if os.RemoveAll(v.staging()) != nil {
		return
	}
	entries, _ := os.ReadDir(v.secrets())
	for _, entry := range entries {
		if strings.HasSuffix(entry.Name(), extension+reserved) {
			_ = os.Remove(filepath.Join(v.secrets(), entry.Name()))
		}
	}
}

// settleBatch moves the files of a committed batch to their places, and removes one that
// is not committed. The caller must hold the lock.
func (v *Vault) settleBatch() error {
	v.dropStaged()
	ids, err := listFiles(v.committed())
	if err != nil {
		return err
	}
	if ids == nil {
		if err := os.Remove(v.committed()); isNotExist(err) {
			return nil
		}
	}
	for _, fileID := range ids {
		if err := durable.Rename(filepath.Join(v.committed(), fileID+extension), v.path(fileID)); err != nil {
			return fmt.Errorf("moving the secrets of a batch to their places: %w", err)
		}
	}
	// The names in their places must not come later than the end of the directory.
	if err := durable.SyncDir(v.secrets()); err != nil {
		return err
	}
	if err := os.RemoveAll(v.committed()); err != nil {
		return err
	}
	return durable.SyncDir(v.secrets())
}

func (v *Vault) staging() string { return filepath.Join(v.secrets(), stagingDir) }

func (v *Vault) committed() string { return filepath.Join(v.secrets(), committedDir) }

// committedPath is the path of a file that a batch may not have moved yet.
func (v *Vault) committedPath(fileID string) string {
	return filepath.Join(v.committed(), fileID+extension)
}

// inNoBatch reports whether err says that no committed batch holds a file.
func inNoBatch(err error) bool { return isNotExist(err) || errors.Is(err, syscall.ENOTDIR) }

// listIDs returns the file ids of all secrets. A file that a batch moves meanwhile is
// listed, because the batch is listed first.
func (v *Vault) listIDs() (ids []string, inBatch map[string]bool, err error) {
	batch, err := listFiles(v.committed())
	if err != nil {
		return nil, nil, err
	}
	if ids, err = listFiles(v.secrets()); err != nil || len(batch) == 0 {
		return ids, nil, err
	}
	inBatch = map[string]bool{}
	for _, id := range batch {
		inBatch[id] = true
	}
	all := batch
	for _, id := range ids {
		if !inBatch[id] {
			all = append(all, id)
		}
	}
	return all, inBatch, nil
}

package vault

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"example.org/secret/crypto"
	"example.org/secret/vault/durable"
)

// The master key is replaced by sealing every secret again into a directory of the
// new key, and then writing a header that names that key and that directory. So
// there is one moment of change. Both keys are in every place that holds the master
// key from before that moment until after it, and the header tells which is the
// other one: a process that is killed anywhere leaves a vault that opens, and the
// next replacement goes on from there (FORMAT.md, Replacing the master key).

// KeyHolder is a place that holds the master key of a vault: a file, an entry in a keyring, or the key as the vault
// keeps it, sealed. [Vault.ReplaceKey] changes all of them.
type KeyHolder interface {
	// Unlocker returns the unlocker that finds the key there.
	Unlocker() Unlocker
	// Sealed returns the key that the vault keeps for the unlocker, as [Header.ReadSealedKey] does, or nil if the key is
	// outside the vault. The vault writes it after a change.
	Sealed() []byte
	// Add has the place hold next as well as old. It must succeed if the place holds both already.
	Add(old, next crypto.MasterKey) error
	// Retire takes old away. It must succeed if the place does not hold it.
	Retire(old crypto.MasterKey) error
}

// syncEvery is how many files are written before they are synced. The first sync
// takes most of the others' data along.
const syncEvery = 256

// ReplaceKey gives the vault another master key and returns the number of its secrets; progress is called with the
// number of those that are sealed again. Each unlocker of the vault must have its holder ([ErrBusy] otherwise). The old
// key does not open the vault afterwards, and the caller must open it anew and call [Vault.ClearReplaced]. If files are
// damaged, which cannot be sealed again, ReplaceKey changes nothing and returns [ErrDamaged].
func (v *Vault) ReplaceKey(
	next *crypto.VaultKey, holders []KeyHolder, progress func(done, total int),
) (sealed int, err error) {
	unlock, err := v.writing()
	if err != nil {
		return 0, err
	}
	defer unlock()
	header, err := v.headerFor(holders)
	if err != nil {
		return 0, err
	}
	if header.Replaced != "" {
		return 0, Errorf(ErrInvalid, "the master key that was replaced before is not cleared away yet")
	}
	if err := v.checkNoneHidden(); err != nil {
		return 0, err
	}
	ids, err := v.toSeal()
	if err != nil {
		return 0, err
	}
	check := next.Check()
	if header.Next != check {
		header.Next = check
		if err := v.writeHeader(header); err != nil {
			return 0, err
		}
	}
	err = v.changeHolders(holders, func(h KeyHolder) error { return h.Add(v.key.MasterKey(), next.MasterKey()) })
	if err != nil {
		return 0, err
	}
	after := &Vault{dir: v.dir, generation: generationOf(check), key: next, options: v.options}
	if err := v.sealAllAgain(ids, after, progress); err != nil {
		// A full disk must have room again. Other left-overs do no harm.
		_ = v.clearOthers()
		return 0, fmt.Errorf("sealing the secrets again: %w", err)
	}
	header.Check, header.Secrets, header.Next, header.Replaced = check, secretsDir+after.generation, "", header.Check
	if err := v.writeHeader(header); err != nil {
		return 0, err
	}
	if v.options.CacheFile != "" {
		_ = os.Remove(v.options.CacheFile) // its names open with the old key
	}
	return len(ids), nil
}

// ClearReplaced removes the files of the vault's last master key, and the key itself from its holders. The key is nil
// if none of them holds it any more.
func (v *Vault) ClearReplaced(replaced *crypto.VaultKey, holders []KeyHolder) error {
	unlock, err := v.writing()
	if err != nil {
		return err
	}
	defer unlock()
	header, err := v.headerFor(holders)
	if err != nil || header.Replaced == "" {
		return err
	}
	if err := v.checkNoneHidden(); err != nil {
		return err
	}
	if err := v.clearOthers(); err != nil {
		return fmt.Errorf("removing the files of the old master key: %w", err)
	}
	if replaced != nil {
		err := v.changeHolders(holders, func(h KeyHolder) error { return h.Retire(replaced.MasterKey()) })
		if err != nil {
			return err
		}
	}
	header.Replaced = ""
	return v.writeHeader(header)
}

// headerFor reads the header and returns [ErrBusy] if its unlockers are not those of the holders.
func (v *Vault) headerFor(holders []KeyHolder) (*Header, error) {
	header, err := v.currentHeader()
	if err != nil {
		return nil, err
	}
	held := map[Unlocker]bool{}
	for _, holder := range holders {
		unlocker, sealed := holder.Unlocker(), holder.Sealed()
		if !header.Has(unlocker) && unlocker != KeyFile {
			return nil, v.unlockersChanged() // a key file may be a copy of the key that the vault does not name
		}
		if sealed != nil {
			now, err := header.ReadSealedKey(unlocker)
			if err != nil {
				return nil, err
			}
			if !bytes.Equal(now, sealed) {
				continue
			}
		}
		held[unlocker] = true
	}
	for _, unlocker := range header.Unlock {
		if !held[unlocker] {
			return nil, v.unlockersChanged()
		}
	}
	return header, nil
}

func (v *Vault) unlockersChanged() error {
	return Errorf(ErrBusy, "the unlockers of %s were changed meanwhile", v.dir)
}

// changeHolders changes each holder, and writes the key that the vault keeps for it.
func (v *Vault) changeHolders(holders []KeyHolder, change func(KeyHolder) error) error {
	for _, holder := range holders {
		before := holder.Sealed()
		if err := change(holder); err != nil {
			return err
		}
		after := holder.Sealed()
		if bytes.Equal(before, after) {
			continue
		}
		if err := v.writeSealedKey(holder.Unlocker(), after); err != nil {
			return fmt.Errorf("sealing the master key for the %s: %w", holder.Unlocker(), err)
		}
	}
	return nil
}

// toSeal returns the files of the secrets that are there, all of which can be read.
func (v *Vault) toSeal() ([]string, error) {
	all, err := listFiles(v.secrets())
	if err != nil {
		return nil, fmt.Errorf("listing the vault: %w", err)
	}
	slices.Sort(all)
	damaged, err := v.damagedKeyFiles()
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, id := range all {
		s, err := v.read(id)
		switch {
		case errors.Is(err, ErrDamaged), err == nil && v.key.FileID(string(s.Name)) != id:
			damaged = append(damaged, v.path(id))
		case err != nil:
			return nil, err
		case v.halfRenamed(s.ID, s.Revision, s.RenamedFrom), s.Deletion.over(v.now()):
		default:
			ids = append(ids, id)
		}
	}
	if len(damaged) > 0 {
		return nil, Errorf(ErrDamaged, "nothing was changed, since these files are damaged: %s; bring them back from a copy"+
			" of the vault, or remove them",
			strings.Join(damaged, ", "))
	}
	return ids, nil
}

func (v *Vault) sealAllAgain(ids []string, after *Vault, progress func(done, total int)) error {
	if err := v.sealAgain(ids, after, progress); err != nil {
		return err
	}
	return v.sealKeysAgain(after)
}

// sealAgain seals the secrets in the files ids to after, durably, and removes all others
// from it. Files of an earlier attempt stay where their secret is still the same.
func (v *Vault) sealAgain(ids []string, after *Vault, progress func(done, total int)) error {
	if err := makeDir(after.secrets()); err != nil {
		return err
	}
	sealed := map[string]bool{}
	for chunk := range slices.Chunk(ids, syncEvery) {
		var written []string
		for _, id := range chunk {
			s, err := v.read(id)
			if err != nil {
				return err
			}
			newID := after.key.FileID(string(s.Name))
			if err := after.sealDocument(newID, s.raw); err != nil {
				return err
			}
			sealed[newID] = true
			written = append(written, newID)
		}
		for _, newID := range written {
			if err := durable.SyncFile(after.path(newID)); err != nil {
				return err
			}
		}
		progress(len(sealed), len(ids))
	}
	earlier, err := listFiles(after.secrets())
	if err != nil {
		return err
	}
	for _, id := range earlier {
		if sealed[id] {
			continue
		}
		if err := os.Remove(after.path(id)); err != nil {
			return err
		}
	}
	if err := durable.SyncDir(after.secrets()); err != nil {
		return err
	}
	return durable.SyncDir(v.dir)
}

func (v *Vault) sealDocument(fileID string, document []byte) error {
	if sealed, err := readFile(v.path(fileID), maxFileSize); err == nil {
		if before, err := v.key.Open(fileID, sealed); err == nil && bytes.Equal(before, document) {
			return nil
		}
	}
	sealed, err := v.key.Seal(fileID, document)
	if err != nil {
		return err
	}
	if err := os.Remove(v.path(fileID)); err != nil && !isNotExist(err) {
		return err
	}
	f, err := os.OpenFile(v.path(fileID), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(sealed)
	return errors.Join(err, f.Close())
}

// generationOf is the generation of a vault whose master key, the one of this check
// value, is not its first.
func generationOf(check string) string { return "." + check }

func (h *Header) generation() string { return strings.TrimPrefix(h.Secrets, secretsDir) }

// foldersOf lists the directories of secrets or of keys, whatever master key they
// are of.
func foldersOf(dir, kind string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var folders []string
	for _, entry := range entries {
		check, ok := strings.CutPrefix(entry.Name(), kind+".")
		if entry.IsDir() && (entry.Name() == kind || ok && isCheck(check)) {
			folders = append(folders, entry.Name())
		}
	}
	return folders, nil
}

// checkNoneHidden returns [ErrDamaged] if a directory that the header does not name holds
// secrets of the present key. A header that hides them takes no key to write, and
// clearing them away would lose them.
func (v *Vault) checkNoneHidden() error {
	folders, err := foldersOf(v.dir, secretsDir)
	if err != nil {
		return err
	}
	for _, folder := range folders {
		if folder == secretsDir+v.generation {
			continue
		}
		dir := filepath.Join(v.dir, folder)
		ids, err := listFiles(dir)
		if err != nil {
			return err
		}
		for _, id := range ids {
			sealed, err := readFile(filepath.Join(dir, id+extension), maxFileSize)
			if err != nil {
				return err
			}
			if _, err := v.key.Open(id, sealed); err == nil {
				return v.hidden(dir)
			}
		}
	}
	return nil
}

func (v *Vault) hidden(dir string) error {
	return Errorf(ErrDamaged,
		"%s holds secrets, and %s names another directory; bring that file back from a copy of the vault",
		dir, filepath.Join(v.dir, headerFile))
}

// clearOthers removes the secrets and keys of other generations.
func (v *Vault) clearOthers() error {
	for kind, list := range map[string]func(dir string) ([]string, error){secretsDir: listFiles, keysDir: listKeyFiles} {
		folders, err := foldersOf(v.dir, kind)
		if err != nil {
			return err
		}
		for _, folder := range folders {
			if folder == kind+v.generation {
				continue
			}
			if err := clearFolder(filepath.Join(v.dir, folder), list); err != nil {
				return err
			}
		}
	}
	return nil
}

// clearFolder removes the listed files of a directory, and the directory if nothing else
// is in it.
func clearFolder(dir string, list func(dir string) ([]string, error)) error {
	listed, err := list(dir)
	if err != nil {
		return err
	}
	names := []string{durable.Temporary, renameJournal}
	for _, name := range listed {
		names = append(names, name+extension)
	}
	for _, name := range names {
		if err := os.Remove(filepath.Join(dir, name)); err != nil && !isNotExist(err) {
			return err
		}
	}
	for _, batch := range []string{stagingDir, committedDir} {
		if err := os.RemoveAll(filepath.Join(dir, batch)); err != nil {
			return err
		}
	}
	if err := os.Remove(dir); err != nil {
		return durable.SyncDir(dir) // other files are in it
	}
	return durable.SyncDir(filepath.Dir(dir))
}

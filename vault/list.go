package vault

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"
)

// Summary is what [Vault.List] tells of a secret.
type Summary struct {
	Name        Name              `json:"name"`
	ID          string            `json:"id"`
	Revision    int               `json:"revision"`
	Kind        Kind              `json:"kind"`
	Created     time.Time         `json:"created"`
	Changed     time.Time         `json:"changed"`
	Description string            `json:"description,omitempty"`
	Tags        map[string]string `json:"tags,omitempty"`
	Deletion    *Deletion         `json:"deletion,omitempty"`
	Key         string            `json:"key,omitempty"`
	Labels      map[Label]int     `json:"labels"`
	Rotation    json.RawMessage   `json:"rotation,omitempty"`
	RenamedFrom string            `json:"renamed_from,omitempty"`
}

// Listing is what [Vault.List] found.
type Listing struct {
	// Secrets are in the order of their names, those scheduled for deletion among
	// them.
	Secrets []Summary
	// Damaged has an error for each file that could not be read.
	Damaged []error
	// RolledBack names the secrets whose file is older than one that was there
	// before: a copy was brought back, by the user or by somebody else.
	RolledBack []Name
}

// listAttempts bounds how long List runs after a writer that never rests.
const listAttempts = 10

// List tells of all secrets. Files that cannot be read do not keep it from
// telling of the others. Those that look as they did when the list cache was
// written are not opened.
func (v *Vault) List() (Listing, error) {
	// Half of the time goes into collecting the garbage of small files.
	defer debug.SetGCPercent(debug.SetGCPercent(400))
	cache := v.readCache()
	found := map[string]scannedFile{}
	for range listAttempts {
		ids, err := listFiles(v.secrets())
		if err != nil {
			return Listing{}, fmt.Errorf("listing the vault: %w", err)
		}
		if vanished := v.scan(ids, cache, found); !vanished {
			break
		}
		// What a rename moved has a file now that was not listed yet.
	}
	if v.keyReplaced() {
		return Listing{}, ErrKeyReplaced
	}
	v.updateCache(cache, found)
	now := v.now()
	var listing Listing
	for _, file := range found {
		if file.err != nil {
			listing.Damaged = append(listing.Damaged, file.err)
			continue
		}
		s := file.entry.summary
		// As halfRenamed, but by what was read here: the old file may be gone since.
		old, ok := found[s.RenamedFrom]
		half := ok && old.entry.summary.ID == s.ID && old.entry.summary.Revision < s.Revision
		if half || s.Deletion.over(now) {
			continue
		}
		listing.Secrets = append(listing.Secrets, s)
		if s.Revision < file.entry.highest {
			listing.RolledBack = append(listing.RolledBack, s.Name)
		}
	}
	slices.SortFunc(listing.Secrets, func(a, b Summary) int { return strings.Compare(string(a.Name), string(b.Name)) })
	slices.SortFunc(listing.Damaged, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
	slices.Sort(listing.RolledBack)
	return listing, nil
}

// updateCache writes the cache anew if List learned anything.
func (v *Vault) updateCache(cache listCache, found map[string]scannedFile) {
	if v.options.CacheFile == "" {
		return
	}
	updated := make(listCache, len(found))
	learned := len(cache) != len(found)
	for id, file := range found {
		learned = learned || file.opened
		if file.err == nil {
			updated[id] = file.entry
		} else if cached, known := cache[id]; known {
			cached.state = fileState{} // kept for its highest revision only
			updated[id] = cached
		}
	}
	if learned {
		v.writeCache(updated)
	}
}

// scannedFile is one file of a List.
type scannedFile struct {
	entry  cacheEntry
	opened bool // the cache did not have it
	err    error
}

// scan looks at those of the files ids that found does not have yet, on all
// processors, and reports whether some were there no more.
func (v *Vault) scan(ids []string, cache listCache, found map[string]scannedFile) (vanished bool) {
	ids = slices.DeleteFunc(ids, func(id string) bool { _, known := found[id]; return known })
	scanned := make([]scannedFile, len(ids))
	// Files that are younger than this may change again without a sign.
	settled := v.options.Now().Add(-racyMargin).UnixNano()
	var workers sync.WaitGroup
	count := runtime.GOMAXPROCS(0)
	for worker := range count {
		workers.Go(func() {
			var buffer bytes.Buffer
			for i := worker; i < len(ids); i += count {
				cached, known := cache[ids[i]]
				scanned[i] = v.scanFile(&buffer, ids[i], cached, known)
				if scanned[i].entry.state.modified >= settled {
					scanned[i].entry.state = fileState{} // to be opened again
				}
			}
		})
	}
	workers.Wait()
	for i, id := range ids {
		if isNotExist(scanned[i].err) {
			vanished = true
			continue
		}
		found[id] = scanned[i]
	}
	return vanished
}

func (v *Vault) scanFile(buffer *bytes.Buffer, fileID string, cached cacheEntry, known bool) scannedFile {
	path := v.path(fileID)
	var state fileState
	if v.options.CacheFile != "" {
		info, err := os.Lstat(path)
		if err != nil {
			return scannedFile{err: err}
		}
		state = stateOf(info)
		if known && state == cached.state {
			return scannedFile{entry: cached}
		}
	}
	if err := readInto(buffer, path, maxFileSize); err != nil {
		return scannedFile{err: err}
	}
	document, err := v.key.Open(fileID, buffer.Bytes())
	if err != nil {
		return scannedFile{err: v.damaged(fileID)}
	}
	file := scannedFile{entry: cacheEntry{state: state}, opened: true}
	s := &file.entry.summary
	if err := json.Unmarshal(document, s); err != nil {
		return scannedFile{err: v.damaged(fileID)}
	}
	file.entry.highest = s.Revision
	if known && cached.summary.ID == s.ID && s.Revision < cached.highest && s.Revision <= cached.summary.Revision {
		// A rollback. Once the secret is changed again, its user has taken to it.
		file.entry.highest = cached.highest
	}
	return file
}

func stateOf(info fs.FileInfo) fileState {
	return fileState{info.Size(), info.ModTime().UnixNano(), inodeOf(info)}
}

// listFiles returns the file ids of the secrets in a directory. Anything that is not
// named as we name files is somebody else's and passed over.
func listFiles(dir string) ([]string, error) {
	d, err := os.Open(dir)
	if isNotExist(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer d.Close()
	names, err := d.Readdirnames(-1)
	if err != nil && !isNotExist(err) { // removed since it was opened, as by a change of key
		return nil, err
	}
	var ids []string
	for _, name := range names {
		if id, ok := strings.CutSuffix(name, extension); ok && isFileID(id) {
			ids = append(ids, id)
		}
	}
	return ids, nil
}

func isFileID(s string) bool {
	return len(s) == 32 && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz234567") == ""
}

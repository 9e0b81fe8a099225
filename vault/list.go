package vault

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
)

// Listing is the result of [Vault.List].
type Listing struct {
	// Secrets are in the order of their names, those scheduled for deletion among
	// them.
	Secrets []Listed
	// Damaged has an error for each file that could not be read.
	Damaged []error
	// RolledBack names the secrets whose file is older than one that was there
	// before: the user or another program brought a copy back.
	RolledBack []Name
}

// Listed is one secret of a [Listing]. Its metadata is decoded when a method asks
// for it, since most callers need the names of all secrets and more of a few.
type Listed struct {
	Name    Name
	Deleted bool // scheduled for deletion
	meta    encodedMeta
}

// Meta returns the metadata of the secret.
func (l Listed) Meta() Meta {
	meta, _ := l.meta.decode()
	return meta
}

// VersionIDs returns the ids of the versions that have a label.
func (l Listed) VersionIDs() map[Label]string {
	_, ids := l.meta.decode()
	return ids
}

// Description returns the description alone.
func (l Listed) Description() string {
	s, _ := l.meta.decodeHead()
	return s.Description
}

// Tags returns the tags alone.
func (l Listed) Tags() map[string]string {
	_, r := l.meta.decodeHead()
	return r.tags()
}

// Rotation returns the record of the secret's rotation alone, as JSON. It is empty
// if there is none.
func (l Listed) Rotation() string {
	_, r := l.meta.decodeHead()
	r.tags()
	return r.text()
}

// listAttempts bounds how long List runs after a writer that never rests.
const listAttempts = 10

// List tells of all secrets. Files that cannot be read do not keep it from telling
// of the others. List opens only the files that changed since the list cache was
// written, and looks at all of them.
func (v *Vault) List() (Listing, error) {
	scan := scan{vault: v, opened: map[string]scannedFile{}}
	var reading sync.WaitGroup
	reading.Go(func() { scan.cache = v.readCache() }) // meanwhile, which takes as long
	ids, inBatch, err := v.listIDs()
	reading.Wait()
	scan.seen = make([]bool, len(scan.cache.entries))
	for range listAttempts {
		if err != nil {
			return Listing{}, fmt.Errorf("listing the vault: %w", err)
		}
		if vanished := scan.files(ids, inBatch); !vanished {
			break
		}
		// A file that a rename moved is there under a new id, which was not listed yet.
		ids, inBatch, err = v.listIDs()
	}
	hidden := v.hiddenFolders()
	header, err := v.currentHeader()
	if errors.Is(err, ErrKeyReplaced) {
		return Listing{}, ErrKeyReplaced
	}
	entries := scan.entries()
	scan.updateCache(entries)
	listing := scan.listing(entries)
	if err == nil && header.Next == "" && header.Replaced == "" {
		listing.Damaged = append(listing.Damaged, hidden...)
	}
	return listing, nil
}

// hiddenFolders returns an error for each directory of secrets that is not this vault's.
// While the master key is replaced there is one, which the header tells.
func (v *Vault) hiddenFolders() []error {
	folders, _ := foldersOf(v.dir, secretsDir)
	var hidden []error
	for _, folder := range folders {
		if folder == secretsDir+v.generation {
			continue
		}
		if ids, _ := listFiles(filepath.Join(v.dir, folder)); len(ids) > 0 {
			hidden = append(hidden, v.hidden(filepath.Join(v.dir, folder)))
		}
	}
	return hidden
}

// scan looks at the files of a vault.
type scan struct {
	vault  *Vault
	cache  *listCache
	seen   []bool                 // the entries of the cache whose files look as they did
	opened map[string]scannedFile // all other files, by file id
}

// scannedFile is one file that the cache did not know, or not as it is.
type scannedFile struct {
	entry cacheEntry
	err   error
}

// files looks at those of the files ids that it has not seen yet, on all
// processors, and reports whether some were there no more. It opens those that a batch
// has not moved to their places yet.
func (s *scan) files(ids []string, inBatch map[string]bool) (vanished bool) {
	dir, err := openStatDir(s.vault.secrets())
	if err != nil {
		return false // as it was when the ids were listed: it is empty, or gone
	}
	defer dir.close()
	// Files that are younger than this may change again without a sign.
	settled := s.vault.options.Now().Add(-racyMargin).UnixNano()
	var mu sync.Mutex
	var workers sync.WaitGroup
	count := runtime.GOMAXPROCS(0)
	for worker := range count {
		workers.Go(func() {
			var buffer bytes.Buffer
			for i := worker; i < len(ids); i += count {
				known, cached := s.cache.byID[ids[i]]
				if cached && s.seen[known] {
					continue
				}
				var state fileState
				var err error
				if !inBatch[ids[i]] {
					state, err = dir.stat(ids[i] + extension)
				}
				if err == nil && cached && !inBatch[ids[i]] && state == s.cache.entries[known].state {
					s.seen[known] = true // of this worker alone
					continue
				}
				mu.Lock()
				_, done := s.opened[ids[i]]
				mu.Unlock()
				if done {
					continue
				}
				var file scannedFile
				if file.err = err; err == nil {
					file = s.open(&buffer, ids[i], state, inBatch[ids[i]])
				}
				if isNotExist(file.err) {
					mu.Lock()
					vanished = true
					mu.Unlock()
					continue
				}
				if file.entry.state.newest() >= settled {
					file.entry.state = fileState{} // to be opened again
				}
				mu.Lock()
				s.opened[ids[i]] = file
				mu.Unlock()
			}
		})
	}
	workers.Wait()
	return vanished
}

func (s *scan) open(buffer *bytes.Buffer, fileID string, state fileState, inBatch bool) scannedFile {
	read := s.vault.readPlaced
	if inBatch {
		read = s.vault.readSealed
	}
	if err := read(buffer, fileID); err != nil {
		return scannedFile{err: err}
	}
	document, err := s.vault.key.Open(fileID, buffer.Bytes())
	if err != nil {
		return scannedFile{err: s.vault.damaged(fileID)}
	}
	var decoded struct {
		Meta
		Versions []struct {
			Number int    `json:"number"`
			ID     string `json:"id"`
		} `json:"versions"`
	}
	if err := json.Unmarshal(document, &decoded); err != nil {
		return scannedFile{err: s.vault.damaged(fileID)}
	}
	meta, ids := &decoded.Meta, map[int]string{}
	for _, version := range decoded.Versions {
		ids[version.Number] = version.ID
	}
	entry := cacheEntry{fileID, state, meta.Revision, encodeMeta(meta, ids)}
	if known, ok := s.cache.byID[fileID]; ok {
		cached := s.cache.entries[known]
		before, _ := cached.meta.decodeHead()
		if before.ID == meta.ID && meta.Revision < cached.highest && meta.Revision <= before.Revision {
			// A rollback. Once the secret is changed again, its user has taken to it.
			entry.highest = cached.highest
		}
	}
	return scannedFile{entry: entry}
}

// entries returns those of all files that could be read, in the order of names.
func (s *scan) entries() []cacheEntry {
	var opened []cacheEntry
	for _, file := range s.opened {
		if file.err == nil {
			opened = append(opened, file.entry)
		}
	}
	kept := s.cache.entries
	if slices.Contains(s.seen, false) {
		kept = nil
		for i, seen := range s.seen {
			if seen {
				kept = append(kept, s.cache.entries[i])
			}
		}
	}
	if len(opened) == 0 {
		return kept
	}
	return mergeEntries(kept, opened)
}

// updateCache writes the cache anew if the scan learned anything.
func (s *scan) updateCache(entries []cacheEntry) {
	if s.vault.options.CacheFile == "" || (len(s.opened) == 0 && len(entries) == len(s.cache.entries)) {
		return
	}
	// Of a file that cannot be read now the highest revision is kept.
	var unread []cacheEntry
	for fileID, file := range s.opened {
		if known, cached := s.cache.byID[fileID]; cached && file.err != nil {
			entry := s.cache.entries[known]
			entry.state = fileState{}
			unread = append(unread, entry)
		}
	}
	s.vault.writeCache(mergeEntries(entries, unread))
}

func (s *scan) listing(entries []cacheEntry) Listing {
	now := s.vault.now()
	listing := Listing{Secrets: make([]Listed, 0, len(entries))}
	for i := range entries {
		e := &entries[i]
		meta, _ := e.meta.decodeHead()
		if meta.Deletion.over(now) || s.halfRenamed(meta) {
			continue
		}
		listing.Secrets = append(listing.Secrets, Listed{meta.Name, meta.Deletion != nil, e.meta})
		if meta.Revision < e.highest {
			listing.RolledBack = append(listing.RolledBack, meta.Name)
		}
	}
	for _, file := range s.opened {
		if file.err != nil {
			listing.Damaged = append(listing.Damaged, file.err)
		}
	}
	slices.SortFunc(listing.Damaged, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
	return listing
}

// halfRenamed is [Vault.halfRenamed] by the files that the scan read: the old file may be
// gone since.
func (s *scan) halfRenamed(meta Meta) bool {
	old, ok := s.read(meta.RenamedFrom)
	if !ok {
		return false
	}
	before, _ := old.meta.decodeHead()
	return before.ID == meta.ID && before.Revision < meta.Revision
}

// read returns the entry of a file that could be read.
func (s *scan) read(fileID string) (cacheEntry, bool) {
	if file, ok := s.opened[fileID]; ok {
		return file.entry, file.err == nil
	}
	if i, ok := s.cache.byID[fileID]; ok && s.seen[i] {
		return s.cache.entries[i], true
	}
	return cacheEntry{}, false
}

// listFiles returns the file ids of the secrets in a directory. It passes over all
// files that are not named as this package names them.
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
	ids := names[:0]
	for _, name := range names {
		if id, ok := strings.CutSuffix(name, extension); ok && isFileID(id) {
			ids = append(ids, id)
		}
	}
	return ids, nil
}

func isFileID(s string) bool {
	for i := range len(s) {
		if c := s[i]; (c < 'a' || c > 'z') && (c < '2' || c > '7') {
			return false
		}
	}
	return len(s) == 32
}

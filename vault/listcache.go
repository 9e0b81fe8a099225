package vault

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"example.org/secret/vault/durable"
)

// The list cache remembers the metadata that List found in each file, so that the
// next List opens only the files that changed. It is a hint: an entry counts only
// while its file looks as it did, and a cache that is missing, damaged or of another
// vault costs nothing but time. It is sealed like a secret, since it holds names.
//
// A vault of 100,000 secrets is listed in the time that it takes to look at its
// files. So the entries are in the order of their names, nothing is sorted again,
// and metadata stays encoded until a caller asks for it.

const (
	cacheFileID  = "list-cache" // never the id of a secret's file
	cacheFormat  = 4
	maxCacheSize = 1 << 30

	// racyMargin is how old a file must be before its times tell its versions
	// apart: a change within the same tick of the file system's clock leaves the
	// times as they are.
	racyMargin = 2 * time.Second
)

// cacheEntry is the memory of one file.
type cacheEntry struct {
	fileID  string
	state   fileState
	highest int // the highest revision that was ever seen
	meta    encodedMeta
}

// listCache holds entries in the order of their secrets' names.
type listCache struct {
	entries []cacheEntry
	byID    map[string]int // the index in entries, by file id
}

// readCache returns an empty cache unless there is a good one.
func (v *Vault) readCache() *listCache {
	if v.options.CacheFile == "" {
		return &listCache{}
	}
	sealed, err := readFile(v.options.CacheFile, maxCacheSize)
	if err != nil {
		return &listCache{}
	}
	text, err := v.key.Open(cacheFileID, sealed)
	if err != nil {
		return &listCache{}
	}
	cache, err := decodeCache(text)
	if err != nil {
		return &listCache{}
	}
	return cache
}

// writeCache replaces the cache. It need not survive a power cut, and a failure
// costs nothing but time.
func (v *Vault) writeCache(entries []cacheEntry) {
	sealed, err := v.key.Seal(cacheFileID, encodeCache(entries))
	if err != nil {
		return
	}
	if os.MkdirAll(filepath.Dir(v.options.CacheFile), 0o700) == nil {
		_ = replaceCacheFile(v.options.CacheFile, sealed)
	}
}

// replaceCacheFile replaces a file outside the vault. It need not survive a power cut.
func replaceCacheFile(path string, sealed []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".list-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(sealed)
	if err := errors.Join(err, f.Close()); err != nil {
		return err
	}
	return durable.Rename(f.Name(), path)
}

func encodeCache(entries []cacheEntry) []byte {
	b := binary.AppendUvarint(nil, cacheFormat)
	b = binary.AppendUvarint(b, uint64(len(entries)))
	for i := range entries {
		e := &entries[i]
		b = appendText(b, e.fileID)
		b = binary.AppendVarint(b, e.state.size)
		b = binary.AppendVarint(b, e.state.modified)
		b = binary.AppendVarint(b, e.state.changed)
		b = binary.AppendVarint(b, e.state.inode)
		b = binary.AppendVarint(b, int64(e.highest))
		b = appendText(b, string(e.meta))
	}
	return b
}

var errCache = errors.New("not a list cache")

func decodeCache(text []byte) (*listCache, error) {
	// One copy, of which all texts are parts.
	r := cacheReader{rest: string(text)}
	if r.uvarint() != cacheFormat {
		return nil, errCache
	}
	count := int(min(r.uvarint(), uint64(len(text))))
	cache := &listCache{entries: make([]cacheEntry, 0, count), byID: make(map[string]int, count)}
	for r.rest != "" && !r.failed {
		fileID := r.text()
		state := fileState{r.varint(), r.varint(), r.varint(), r.varint()}
		cache.byID[fileID] = len(cache.entries)
		cache.entries = append(cache.entries, cacheEntry{fileID, state, int(r.varint()), encodedMeta(r.text())})
	}
	if r.failed {
		return nil, errCache
	}
	return cache, nil
}

// encodedMeta is the metadata of a secret: first the parts that a listing of names
// needs, the texts each with its length before it. JSON would take longer to read than
// the files' times. With it are the ids of the versions that have a label.
type encodedMeta string

func encodeMeta(s *Meta, ids map[int]string) encodedMeta {
	b := appendText(nil, string(s.Name))
	var requested, due int64
	if s.Deletion != nil {
		requested, due = s.Deletion.Requested.UnixMilli(), s.Deletion.Due.UnixMilli()
	}
	b = binary.AppendVarint(binary.AppendVarint(b, due), requested)
	b = appendText(b, s.RenamedFrom)
	b = binary.AppendVarint(b, int64(s.Revision))
	b = appendText(b, s.ID)
	b = appendText(b, s.Description)
	b = binary.AppendUvarint(b, tagCount(s.Tags))
	for key, value := range s.Tags {
		b = appendText(appendText(b, key), value)
	}
	b = appendText(b, string(s.Rotation))
	b = appendText(b, string(s.Kind))
	b = binary.AppendVarint(b, s.Created.UnixMilli())
	b = binary.AppendVarint(b, s.Changed.UnixMilli())
	b = binary.AppendUvarint(b, uint64(len(s.Labels)))
	for label, number := range s.Labels {
		b = binary.AppendVarint(appendText(b, string(label)), int64(number))
		b = appendText(b, ids[number])
	}
	return encodedMeta(appendText(appendText(b, s.Key), s.KMSKeyID))
}

// tagCount is 0 for nil, and else one more than the number of tags.
func tagCount(tags map[string]string) uint64 {
	if tags == nil {
		return 0
	}
	return uint64(len(tags)) + 1
}

func appendText(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

// name returns the name alone.
func (m encodedMeta) name() Name {
	r := cacheReader{rest: string(m)}
	return Name(r.text())
}

// decodeHead decodes all that takes no memory of its own: every text is a part of m.
func (m encodedMeta) decodeHead() (Meta, *cacheReader) {
	r := &cacheReader{rest: string(m)}
	s := Meta{Name: Name(r.text())}
	if due, requested := r.time(), r.time(); due.UnixMilli() != 0 {
		s.Deletion = &Deletion{Requested: requested, Due: due}
	}
	s.RenamedFrom, s.Revision, s.ID, s.Description = r.text(), int(r.varint()), r.text(), r.text()
	return s, r
}

// decode decodes the metadata, and the id of the version that each label is on.
func (m encodedMeta) decode() (Meta, map[Label]string) {
	s, r := m.decodeHead()
	s.Tags = r.tags()
	if rotation := r.text(); rotation != "" {
		s.Rotation = json.RawMessage(rotation)
	}
	s.Kind, s.Created, s.Changed = Kind(r.text()), r.time(), r.time()
	s.Labels = map[Label]int{}
	ids := map[Label]string{}
	for range r.uvarint() {
		label := Label(r.text())
		s.Labels[label], ids[label] = int(r.varint()), r.text()
		if r.failed {
			break
		}
	}
	s.Key, s.KMSKeyID = r.text(), r.text()
	return s, ids
}

// compareNames orders entries by the names of their secrets.
func compareNames(a, b cacheEntry) int {
	return strings.Compare(string(a.meta.name()), string(b.meta.name()))
}

// mergeEntries merges entries that are in order with others that are not.
func mergeEntries(ordered, others []cacheEntry) []cacheEntry {
	slices.SortFunc(others, compareNames)
	merged := make([]cacheEntry, 0, len(ordered)+len(others))
	for len(ordered) > 0 && len(others) > 0 {
		if compareNames(ordered[0], others[0]) <= 0 {
			merged, ordered = append(merged, ordered[0]), ordered[1:]
		} else {
			merged, others = append(merged, others[0]), others[1:]
		}
	}
	return append(append(merged, ordered...), others...)
}

// cacheReader takes values off the front of rest until something does not fit.
type cacheReader struct {
	rest   string
	failed bool
}

func (r *cacheReader) text() string {
	n := r.uvarint()
	if n > uint64(len(r.rest)) {
		r.failed, r.rest = true, ""
		return ""
	}
	s := r.rest[:n]
	r.rest = r.rest[n:]
	return s
}

func (r *cacheReader) tags() map[string]string {
	count := r.uvarint()
	if count == 0 {
		return nil
	}
	tags := map[string]string{}
	for range count - 1 {
		key := r.text()
		tags[key] = r.text()
		if r.failed {
			break
		}
	}
	return tags
}

func (r *cacheReader) time() time.Time { return time.UnixMilli(r.varint()).UTC() }

func (r *cacheReader) uvarint() uint64 {
	var value uint64
	for i := range min(len(r.rest), binary.MaxVarintLen64) {
		value |= uint64(r.rest[i]&0x7f) << (7 * i)
		if r.rest[i] < 0x80 {
			r.rest = r.rest[i+1:]
			return value
		}
	}
	r.failed, r.rest = true, ""
	return 0
}

func (r *cacheReader) varint() int64 {
	u := r.uvarint()
	return int64(u>>1) ^ -int64(u&1)
}

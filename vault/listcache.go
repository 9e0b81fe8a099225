package vault

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"time"
)

// The list cache remembers what List found in each file, so that the next List
// opens only those that changed. It is a hint: each entry counts only while its
// file looks as it did, and a cache that is missing, damaged or of another vault
// costs nothing but time. It is sealed like a secret, since it holds names.

const (
	cacheFileID  = "list-cache" // no file id looks like it
	cacheFormat  = 2
	maxCacheSize = 1 << 30

	// racyMargin is how old a file has to be before its times tell versions of it
	// apart: a change within the same tick of the file system's clock leaves the
	// times as they are.
	racyMargin = 2 * time.Second
)

// fileState is what tells that a file has changed.
type fileState struct {
	size, modified, inode int64
}

// cacheEntry is what the cache remembers of one file.
type cacheEntry struct {
	state   fileState
	highest int // the highest revision that was ever seen
	summary Summary
}

type listCache map[string]cacheEntry // by file id

// readCache returns an empty cache wherever there is no good one.
func (v *Vault) readCache() listCache {
	if v.options.CacheFile == "" {
		return nil
	}
	sealed, err := readFile(v.options.CacheFile, maxCacheSize)
	if err != nil {
		return nil
	}
	text, err := v.key.Open(cacheFileID, sealed)
	if err != nil {
		return nil
	}
	cache, err := decodeCache(text)
	if err != nil {
		return nil
	}
	return cache
}

// writeCache replaces the cache. It need not survive a power cut, and a failure
// costs nothing but time.
func (v *Vault) writeCache(cache listCache) {
	sealed, err := v.key.Seal(cacheFileID, encodeCache(cache))
	if err != nil {
		return
	}
	dir := filepath.Dir(v.options.CacheFile)
	if os.MkdirAll(dir, 0o700) != nil {
		return
	}
	f, err := os.CreateTemp(dir, ".list-*")
	if err != nil {
		return
	}
	defer os.Remove(f.Name())
	_, err = f.Write(sealed)
	if errors.Join(err, f.Close()) == nil {
		_ = replace(f.Name(), v.options.CacheFile)
	}
}

// encodeCache writes entries one after another, each text with its length before
// it. JSON would take longer to read than the files' times.
func encodeCache(cache listCache) []byte {
	b := binary.AppendUvarint(nil, cacheFormat)
	for fileID, e := range cache {
		b = appendText(b, fileID)
		b = binary.AppendVarint(b, e.state.size)
		b = binary.AppendVarint(b, e.state.modified)
		b = binary.AppendVarint(b, e.state.inode)
		b = binary.AppendVarint(b, int64(e.highest))
		b = appendSummary(b, &e.summary)
	}
	return b
}

func appendSummary(b []byte, s *Summary) []byte {
	b = appendText(b, string(s.Name))
	b = appendText(b, s.ID)
	b = binary.AppendVarint(b, int64(s.Revision))
	b = appendText(b, string(s.Kind))
	b = binary.AppendVarint(b, s.Created.Unix())
	b = binary.AppendVarint(b, s.Changed.Unix())
	b = appendText(b, s.Description)
	b = binary.AppendUvarint(b, uint64(len(s.Tags)))
	for key, value := range s.Tags {
		b = appendText(appendText(b, key), value)
	}
	b = binary.AppendUvarint(b, uint64(len(s.Labels)))
	for label, number := range s.Labels {
		b = binary.AppendVarint(appendText(b, string(label)), int64(number))
	}
	var requested, due int64
	if s.Deletion != nil {
		requested, due = s.Deletion.Requested.Unix(), s.Deletion.Due.Unix()
	}
	b = binary.AppendVarint(binary.AppendVarint(b, requested), due)
	b = appendText(b, string(s.Rotation))
	return appendText(appendText(b, s.RenamedFrom), s.Key)
}

func appendText(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

var errCache = errors.New("not a list cache")

func decodeCache(text []byte) (listCache, error) {
	// One copy, of which all texts are parts.
	r := cacheReader{rest: string(text)}
	if r.uvarint() != cacheFormat {
		return nil, errCache
	}
	cache := listCache{}
	for r.rest != "" && !r.failed {
		fileID := r.text()
		e := cacheEntry{state: fileState{r.varint(), r.varint(), r.varint()}, highest: int(r.varint())}
		r.summary(&e.summary)
		cache[fileID] = e
	}
	if r.failed {
		return nil, errCache
	}
	return cache, nil
}

// cacheReader takes values off the front of rest until something does not fit.
type cacheReader struct {
	rest   string
	failed bool
}

func (r *cacheReader) summary(s *Summary) {
	s.Name, s.ID, s.Revision, s.Kind = Name(r.text()), r.text(), int(r.varint()), Kind(r.text())
	s.Created, s.Changed = r.time(), r.time()
	s.Description = r.text()
	for range r.uvarint() {
		if s.Tags == nil {
			s.Tags = map[string]string{}
		}
		key := r.text()
		s.Tags[key] = r.text()
		if r.failed {
			return
		}
	}
	s.Labels = map[Label]int{}
	for range r.uvarint() {
		label := Label(r.text())
		s.Labels[label] = int(r.varint())
		if r.failed {
			return
		}
	}
	if requested, due := r.time(), r.time(); due.Unix() != 0 {
		s.Deletion = &Deletion{requested, due}
	}
	if rotation := r.text(); rotation != "" {
		s.Rotation = json.RawMessage(rotation)
	}
	s.RenamedFrom, s.Key = r.text(), r.text()
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

func (r *cacheReader) time() time.Time { return time.Unix(r.varint(), 0).UTC() }

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

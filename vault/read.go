package vault

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"
)

// listAttempts bounds how long List runs after a writer that never rests.
const listAttempts = 10

// Get reads a secret. The error is [ErrNotFound], [ErrDamaged] or
// [ErrNewerFormat]. A secret that is scheduled for deletion is returned as well:
// see [Secret.Live].
func (v *Vault) Get(name Name) (*Secret, error) {
	s, err := v.read(v.key.FileID(string(name)))
	if isNotExist(err) || (err == nil && (v.halfRenamed(s.ID, s.Revision, s.RenamedFrom) || s.Deletion.over(v.now()))) {
		return nil, failf(ErrNotFound, "there is no secret named %q", name)
	}
	if err != nil {
		return nil, err
	}
	if s.Name != name {
		return nil, failf(ErrDamaged, "%s holds another secret", v.path(v.key.FileID(string(name))))
	}
	return s, nil
}

// read reads the secret in the file fileID.
func (v *Vault) read(fileID string) (*Secret, error) {
	sealed, err := readFile(v.path(fileID), maxFileSize)
	if err != nil {
		return nil, err
	}
	document, err := v.key.Open(fileID, sealed)
	if err != nil {
		return nil, v.damaged(fileID)
	}
	s, err := decodeRecord(document)
	if err != nil {
		return nil, v.damaged(fileID)
	}
	if s.sealedFurther() {
		return nil, failf(ErrNewerFormat, "%q is sealed to a key of its own, which takes a newer version of this program", s.Name)
	}
	s.vault = v
	return s, nil
}

func (v *Vault) damaged(fileID string) error {
	return failf(ErrDamaged, "%s was damaged, or put there by somebody without the key; bring it back from a copy of the vault", v.path(fileID))
}

// Summary is what List tells of a secret.
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
	Labels      map[Label]int     `json:"labels"`
	Rotation    json.RawMessage   `json:"rotation,omitempty"`
	RenamedFrom string            `json:"renamed_from,omitempty"`
}

// List tells of all secrets, in the order of their names, those scheduled for
// deletion among them. Files that cannot be read do not keep it from telling of
// the others; their errors come in damaged.
func (v *Vault) List() (summaries []Summary, damaged []error, err error) {
	// Half of the time goes into collecting the garbage of small files.
	defer debug.SetGCPercent(debug.SetGCPercent(400))
	found := map[string]*Summary{}
	for range listAttempts {
		ids, err := listFiles(v.dir)
		if err != nil {
			return nil, nil, fmt.Errorf("listing the vault: %w", err)
		}
		var vanished bool
		if damaged, vanished = v.summarize(ids, found); !vanished {
			break
		}
		// What a rename moved has a file now that was not listed yet.
	}
	for _, s := range found {
		// As halfRenamed, but by what was read here: the old file may be gone since.
		old, ok := found[s.RenamedFrom]
		half := ok && old.ID == s.ID && old.Revision < s.Revision
		if !half && !s.Deletion.over(v.now()) {
			summaries = append(summaries, *s)
		}
	}
	slices.SortFunc(summaries, func(a, b Summary) int { return strings.Compare(string(a.Name), string(b.Name)) })
	return summaries, damaged, nil
}

// summarize reads those of the files ids that found does not have yet, and
// reports whether some were there no more.
func (v *Vault) summarize(ids []string, found map[string]*Summary) (damaged []error, vanished bool) {
	ids = slices.DeleteFunc(ids, func(id string) bool { return found[id] != nil })
	read := make([]*Summary, len(ids))
	failed := make([]error, len(ids))
	var workers sync.WaitGroup
	count := runtime.GOMAXPROCS(0)
	for worker := range count {
		workers.Go(func() {
			var buffer bytes.Buffer
			for i := worker; i < len(ids); i += count {
				read[i], failed[i] = v.summary(&buffer, ids[i])
			}
		})
	}
	workers.Wait()
	for i, err := range failed {
		switch {
		case err == nil:
			found[ids[i]] = read[i]
		case isNotExist(err):
			vanished = true
		default:
			damaged = append(damaged, err)
		}
	}
	return damaged, vanished
}

func (v *Vault) summary(buffer *bytes.Buffer, fileID string) (*Summary, error) {
	if err := readInto(buffer, v.path(fileID), maxFileSize); err != nil {
		return nil, err
	}
	document, err := v.key.Open(fileID, buffer.Bytes())
	if err != nil {
		return nil, v.damaged(fileID)
	}
	s := new(Summary)
	if err := json.Unmarshal(document, s); err != nil {
		return nil, v.damaged(fileID)
	}
	return s, nil
}

// listFiles returns the file ids of the secrets in a vault. Anything that is not
// named as we name files is somebody else's and passed over.
func listFiles(dir string) ([]string, error) {
	d, err := os.Open(filepath.Join(dir, secretsDir))
	if isNotExist(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer d.Close()
	names, err := d.Readdirnames(-1)
	if err != nil {
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

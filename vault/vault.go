package vault

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"example.org/secret/crypto"
	"example.org/secret/vault/durable"

	"github.com/google/uuid"
)

// DefaultHistory is how many versions without a label a secret keeps.
const DefaultHistory = 100

// gitAttributes keeps git from changing line ends, which breaks the header's
// checksum, and from merging two sides of a file into one that is neither.
const (
	gitFile       = ".gitattributes"
	gitAttributes = "* binary\n"
)

// Options are the clock, the randomness and the settings of a vault.
type Options struct {
	Now         func() time.Time
	Rand        io.Reader     // cryptographically secure
	History     int           // versions without a label to keep
	LockTimeout time.Duration // how long to wait for another writer
	CacheFile   string        // where List keeps its cache; nowhere if empty
	AccessFile  string        // where Accesses keeps its days; nowhere if empty

	// ValueKey opens a value key that is behind a passphrase, which it asks
	// for. It is called without any lock held. Without it such keys are out of
	// reach: [ErrNoKey].
	ValueKey func(name string, sealed []byte) (crypto.MasterKey, error)
}

// Vault is an opened vault. It is safe for use by several goroutines, and by
// several processes at once.
type Vault struct {
	dir string
	// generation ends the names of the folders of secrets and keys, once the master
	// key was replaced.
	generation string
	key        *crypto.VaultKey
	options    Options
	valueKeys  valueKeyCache
}

// NewID makes the id of a new vault.
func NewID(rand io.Reader) (string, error) {
	id, err := uuid.NewRandomFromReader(rand)
	if err != nil {
		return "", fmt.Errorf("making an id: %w", err)
	}
	return id.String(), nil
}

// SealedKeys are the ways to unlock a new vault. Those that keep the master key
// inside the vault have it here, sealed.
type SealedKeys map[Unlocker][]byte

// Create makes a vault with the given id in dir, which must not hold one (else
// [ErrExists]) and is made if need be. The header is written last: until then
// there is no vault, and Create can be tried again.
func Create(dir, id string, key *crypto.VaultKey, unlockers SealedKeys, options Options) (*Vault, error) {
	v := &Vault{dir: dir, key: key, options: options}
	if err := durable.MakeParents(dir); err != nil {
		return nil, fmt.Errorf("making the vault: %w", err)
	}
	if err := checkDir(dir); err != nil {
		return nil, err
	}
	unlock, err := v.lock()
	if err != nil {
		return nil, err
	}
	defer unlock()
	switch _, err := ReadHeader(dir); {
	case err == nil:
		return nil, Errorf(ErrExists, "there is a vault in %s already", dir)
	case !errors.Is(err, ErrNoVault):
		return nil, err
	}
	header := &Header{Format: format, ID: id, Created: v.now(), Check: key.Check()}
	for _, way := range Unlockers() {
		sealed, ok := unlockers[way]
		if !ok {
			continue
		}
		header.Unlock = append(header.Unlock, way)
		if sealed == nil {
			continue
		}
		if err := v.writeSealedKey(way, sealed); err != nil {
			return nil, fmt.Errorf("making the vault: %w", err)
		}
	}
	if err := makeDir(v.secrets()); err != nil {
		return nil, fmt.Errorf("making the vault: %w", err)
	}
	if _, err := os.Lstat(filepath.Join(dir, gitFile)); isNotExist(err) {
		if err := writeFile(dir, gitFile, []byte(gitAttributes)); err != nil {
			return nil, fmt.Errorf("making the vault: %w", err)
		}
	}
	if err := writeFile(dir, headerFile, header.encode()); err != nil {
		_ = removeFile(dir, headerFile) // the sync of the directory may have failed after it
		return nil, fmt.Errorf("making the vault: %w", err)
	}
	return v, nil
}

// Open opens the vault that header was read from. The key has to be the one that
// belongs to it; see [Header].Check.
func Open(header *Header, key *crypto.VaultKey, options Options) (*Vault, error) {
	v := &Vault{dir: header.Dir, generation: header.generation(), key: key, options: options}
	// A directory that git or a file syncer made may lack the empty folder.
	if err := notElsewhere(v.secrets()); err != nil {
		return nil, err
	}
	return v, nil
}

// AddUnlocker adds an unlocker to the vault, or replaces the one of its kind. It calls keep, which returns the sealed
// master key if the vault is to hold it, while no other process replaces the master key.
func (v *Vault) AddUnlocker(unlocker Unlocker, keep func() (sealed []byte, err error)) error {
	return v.changeHeader(func(h *Header) error {
		sealed, err := keep()
		if err != nil {
			return err
		}
		if sealed != nil {
			if err := v.writeSealedKey(unlocker, sealed); err != nil {
				return err
			}
		}
		if !h.Has(unlocker) {
			h.Unlock = append(h.Unlock, unlocker)
		}
		return nil
	})
}

func (v *Vault) writeSealedKey(way Unlocker, sealed []byte) error {
	if len(sealed) > maxSealedKeySize {
		return Errorf(ErrInvalid, "the sealed master key for the %s has %d bytes; the limit is %d", way, len(sealed),
			maxSealedKeySize)
	}
	dir := filepath.Join(v.dir, unlockDir)
	if err := makeDir(dir); err != nil {
		return err
	}
	return writeFile(dir, unlockFile(way), sealed)
}

// RemoveUnlocker removes an unlocker from the vault, and its sealed master key even if vault.yaml does not name it. The
// last unlocker stays: [ErrInvalid].
func (v *Vault) RemoveUnlocker(unlocker Unlocker) error {
	return v.changeHeader(func(h *Header) error {
		i := slices.Index(h.Unlock, unlocker)
		if i < 0 && slices.Contains(h.Unnamed(), unlocker) {
			return v.removeSealedKey(unlocker)
		}
		if i < 0 {
			return Errorf(ErrNotFound, "the vault has no unlocker %s", unlocker)
		}
		if len(h.Unlock) == 1 {
			return Errorf(ErrInvalid, "the %s is the only unlocker of the vault; add another first", unlocker)
		}
		h.Unlock = slices.Delete(h.Unlock, i, i+1)
		return nil
	})
}

func (v *Vault) changeHeader(change func(*Header) error) error {
	unlock, err := v.lock()
	if err != nil {
		return err
	}
	defer unlock()
	header, err := v.currentHeader()
	if err != nil {
		return err
	}
	before := slices.Clone(header.Unlock)
	if err := change(header); err != nil {
		return err
	}
	if slices.Equal(before, header.Unlock) {
		return nil
	}
	if err := v.writeHeader(header); err != nil {
		return err
	}
	// The header no longer names them, so a crash here does no harm.
	for _, way := range before {
		if !header.Has(way) && way.sealed() {
			if err := v.removeSealedKey(way); err != nil {
				return err
			}
		}
	}
	return nil
}

func (v *Vault) removeSealedKey(way Unlocker) error {
	dir := filepath.Join(v.dir, unlockDir)
	if err := notElsewhere(dir); err != nil {
		return err
	}
	if err := removeFile(dir, unlockFile(way)); !isNotExist(err) {
		return err
	}
	return nil
}

// currentHeader reads the header again. The error is [ErrKeyReplaced] if the key at
// hand is no longer the vault's.
func (v *Vault) currentHeader() (*Header, error) {
	header, err := ReadHeader(v.dir)
	if err == nil && header.Check != v.key.Check() {
		return nil, ErrKeyReplaced
	}
	return header, err
}

// keyReplaced reports whether the master key was replaced since the vault was opened.
// Readers ask only when they found nothing, damage or less than there was.
func (v *Vault) keyReplaced() bool {
	_, err := v.currentHeader()
	return errors.Is(err, ErrKeyReplaced)
}

func (v *Vault) writeHeader(header *Header) error {
	if err := writeFile(v.dir, headerFile, header.encode()); err != nil {
		return fmt.Errorf("writing %s: %w", headerFile, err)
	}
	return nil
}

func (v *Vault) secrets() string { return filepath.Join(v.dir, secretsDir+v.generation) }

func (v *Vault) path(fileID string) string {
	return filepath.Join(v.secrets(), fileID+extension)
}

func (v *Vault) now() time.Time { return v.options.Now().UTC().Truncate(time.Millisecond) }

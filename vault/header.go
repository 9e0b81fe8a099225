package vault

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
)

const (
	format           = 1
	headerFile       = "vault.yaml"
	unlockDir        = "unlock"
	maxHeaderSize    = 64 << 10
	maxSealedKeySize = 64 << 10
)

// Unlocker is a way to reach the master key of a vault.
type Unlocker string

// The unlockers.
const (
	Keyring    Unlocker = "keyring"    // an entry in the OS keyring; its account is the vault's id
	KeyFile    Unlocker = "key-file"   // a file outside the vault, which the user names
	Passphrase Unlocker = "passphrase" // the master key in unlock/passphrase.age
	Recovery   Unlocker = "recovery"   // the same in unlock/recovery.age, for a passphrase kept on paper
	Identity   Unlocker = "identity"   // the same in unlock/identity.age, for an SSH key or an age identity
)

// Unlockers returns all unlockers.
func Unlockers() []Unlocker { return []Unlocker{Keyring, KeyFile, Passphrase, Recovery, Identity} }

// sealed reports whether the vault itself holds the master key for this way, in a
// file that [Header.ReadSealedKey] reads.
func (u Unlocker) sealed() bool { return u == Passphrase || u == Recovery || u == Identity }

// Header is the public part of a vault (vault.yaml), which takes no key to read.
type Header struct {
	Dir     string
	Format  int
	ID      string // a UUID
	Created time.Time
	Unlock  []Unlocker
	Check   string // crypto.VaultKey.Check of the right key

	// These are of a vault whose master key was replaced, or is about to be.
	Secrets  string // the directory of the secrets; secrets if empty
	Next     string // the check value of the key that is being put in
	Replaced string // that of the key before, until it is cleared away
}

// ReadHeader reads the header of the vault in dir. The error is [ErrNoVault],
// [ErrExposed], [ErrDamaged] or [ErrNewerFormat].
func ReadHeader(dir string) (*Header, error) {
	if err := checkDir(dir); err != nil {
		return nil, err
	}
	text, err := readFile(filepath.Join(dir, headerFile), maxHeaderSize)
	if isNotExist(err) {
		return nil, noHeader(dir)
	}
	if err != nil {
		return nil, err
	}
	return parseHeader(dir, text)
}

func noHeader(dir string) error {
	folders, _ := foldersOf(dir, secretsDir)
	for _, folder := range folders {
		if ids, err := listFiles(filepath.Join(dir, folder)); err != nil || len(ids) == 0 {
			continue
		}
		return Errorf(ErrDamaged, "%s holds secrets but no %s; bring that file back from a copy of the vault", dir,
			headerFile)
	}
	return Errorf(ErrNoVault, "there is no vault in %s", dir)
}

// parseHeader reads the lines that encode writes, in any order, and passes over others. It
// is not a reader of YAML: that takes longer to start than a secret takes to be read.
func parseHeader(dir string, text []byte) (*Header, error) {
	path := filepath.Join(dir, headerFile)
	body, sum := splitChecksum(string(text))
	if sum != checksum(body) {
		return nil, Errorf(ErrDamaged, "%s was changed or cut short; bring it back from a copy of the vault", path)
	}
	h := &Header{Dir: dir}
	seen := map[string]bool{}
	wellSpelled := true
	for line := range strings.Lines(body) {
		key, value, isMember := strings.Cut(strings.TrimSuffix(line, "\n"), ": ")
		wellSpelled = wellSpelled && (!isMember || !seen[key])
		seen[key] = true
		switch key {
		case "format":
			h.Format, _ = strconv.Atoi(value)
		case "vault":
			h.ID = value
		case "created":
			h.Created, _ = time.Parse(time.RFC3339, value)
		case "unlock":
			wellSpelled = wellSpelled && strings.HasPrefix(value, "[") && strings.HasSuffix(value, "]")
			for unlocker := range strings.SplitSeq(strings.Trim(value, "[]"), ", ") {
				if value != "[]" {
					h.Unlock = append(h.Unlock, Unlocker(unlocker))
				}
			}
		case "check":
			h.Check = value
		case "secrets":
			h.Secrets = value
		case "next":
			h.Next = value
		case "replaced":
			h.Replaced = value
		}
	}
	switch {
	case h.Format > format:
		return nil, Errorf(ErrNewerFormat, "%s has format %d; this program knows formats up to %d", dir, h.Format, format)
	case h.Format < 1, !wellSpelled, !seen["unlock"], !h.wellFormed():
		return nil, Errorf(ErrDamaged, "%s is not a header of this format; bring it back from a copy of the vault", path)
	}
	return h, nil
}

// wellFormed reports whether encode would write h as it was read. The checksum is
// no proof of that, because it takes no key to compute.
func (h *Header) wellFormed() bool {
	if !isUUID(h.ID) || !isCheck(h.Check) {
		return false
	}
	if h.Secrets != "" && h.Secrets != secretsDir+generationOf(h.Check) {
		return false
	}
	if (h.Next != "" && !isCheck(h.Next)) || (h.Replaced != "" && !isCheck(h.Replaced)) ||
		(h.Next != "" && h.Replaced != "") {
		return false
	}
	return !slices.ContainsFunc(h.Unlock, func(way Unlocker) bool {
		return way == "" || way[0] < 'a' || way[0] > 'z' ||
			strings.Trim(string(way), "abcdefghijklmnopqrstuvwxyz0123456789-") != ""
	})
}

// isUUID accepts the one spelling in which UUIDs are written.
func isUUID(s string) bool {
	id, err := uuid.Parse(s)
	return err == nil && id.String() == s
}

func isCheck(s string) bool {
	return len(s) == 32 && strings.Trim(s, "0123456789abcdef") == ""
}

// Has reports whether the vault can be unlocked in the given way.
func (h *Header) Has(way Unlocker) bool { return slices.Contains(h.Unlock, way) }

// ReadSealedKey returns the sealed master key of [Passphrase], [Recovery] or [Identity].
func (h *Header) ReadSealedKey(way Unlocker) ([]byte, error) {
	dir := filepath.Join(h.Dir, unlockDir)
	if err := notElsewhere(dir); err != nil {
		return nil, err
	}
	path := filepath.Join(dir, unlockFile(way))
	sealed, err := readFile(path, maxSealedKeySize)
	if isNotExist(err) {
		return nil, Errorf(ErrDamaged, "%s is missing; bring it back from a copy of the vault", path)
	}
	return sealed, err
}

// Unnamed returns the unlockers that the vault holds a sealed master key for and that the header does not name: another
// process removed one and was killed, or vault.yaml was tampered with.
func (h *Header) Unnamed() []Unlocker {
	var unnamed []Unlocker
	for _, unlocker := range Unlockers() {
		if !unlocker.sealed() || h.Has(unlocker) {
			continue
		}
		if _, err := os.Lstat(filepath.Join(h.Dir, unlockDir, unlockFile(unlocker))); err == nil {
			unnamed = append(unnamed, unlocker)
		}
	}
	return unnamed
}

func unlockFile(way Unlocker) string { return string(way) + extension }

const checksumKey = "checksum: "

// encode writes the header by hand, since people read it: in this order, with a
// comment on top. The last line lets damage be told apart from a wrong key.
func (h *Header) encode() []byte {
	ways := make([]string, len(h.Unlock))
	for i, way := range h.Unlock {
		ways[i] = string(way)
	}
	var lines strings.Builder
	fmt.Fprintf(&lines, `# The public part of a vault. Nothing in here is secret; do not change it.
format: %d
vault: %s
created: %s
unlock: [%s]
check: %s
`, h.Format, h.ID, h.Created.Format(time.RFC3339), strings.Join(ways, ", "), h.Check)
	for _, line := range []struct{ key, value string }{
		{"secrets", h.Secrets},
		{"next", h.Next},
		{"replaced", h.Replaced},
	} {
		if line.value != "" {
			lines.WriteString(line.key + ": " + line.value + "\n")
		}
	}
	body := lines.String()
	return []byte(body + checksumKey + checksum(body) + "\n")
}

func splitChecksum(text string) (body, sum string) {
	i := strings.LastIndex(text, "\n"+checksumKey)
	if i < 0 || !strings.HasSuffix(text, "\n") {
		return "", ""
	}
	return text[:i+1], strings.TrimSuffix(text[i+1+len(checksumKey):], "\n")
}

func checksum(body string) string {
	sum := sha256.Sum256([]byte(body))
	return hex.EncodeToString(sum[:])
}

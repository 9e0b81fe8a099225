package unlock

import (
	"io/fs"
	"os"
	"path/filepath"

	"example.org/secret/crypto"
	"example.org/secret/vault/durable"
)

// CredentialName is the name that a unit gives to the master key with systemd's LoadCredential=.
const CredentialName = "secret-key"

// Credential is a credential of systemd.
type Credential struct {
	Dir string // CREDENTIALS_DIRECTORY, empty outside of a unit
}

func (c Credential) find(f *Finder) (*crypto.VaultKey, error) {
	if c.Dir == "" {
		return nil, absent{}
	}
	path := filepath.Join(c.Dir, CredentialName)
	if _, err := os.Lstat(path); err != nil {
		return nil, absent{reason: "no " + path}
	}
	key, err := f.openKeyFile(path, closedToOthers)
	if err == nil {
		f.credential = path
	}
	return key, err
}

// closedToOthers refuses a credential that everybody may read. An access list that grants it to the user of the service
// shows as the mode of the group.
func closedToOthers(path string, info fs.FileInfo) error {
	if info.Mode().Perm()&0o007 != 0 {
		return durable.CheckPrivate(path, info)
	}
	return nil
}

package vault

// Get reads a secret. The error is [ErrNotFound], [ErrDamaged],
// [ErrNewerFormat] or [ErrKeyReplaced]. A secret that is scheduled for deletion is returned as well:
// see [Secret.Live].
func (v *Vault) Get(name Name) (*Secret, error) {
	s, err := v.get(name)
	if err != nil && v.keyReplaced() {
		return nil, ErrKeyReplaced
	}
	return s, err
}

// get is Get for the holder of the lock.
func (v *Vault) get(name Name) (*Secret, error) {
	s, err := v.read(v.key.FileID(string(name)))
	if isNotExist(err) || (err == nil && (v.halfRenamed(s.ID, s.Revision, s.RenamedFrom) || s.Deletion.over(v.now()))) {
		return nil, failf(ErrNoSecret, "there is no secret named %q", name)
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

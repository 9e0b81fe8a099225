package vault

import "bytes"

// Get reads a secret. The error is [ErrNotFound], [ErrDamaged], [ErrNewerFormat] or
// [ErrKeyReplaced]. A secret that is scheduled for deletion is returned as well: see
// [Secret.Deleted].
//
// Get opens values that are sealed to a value key, and may ask for that key. The error is
// [ErrNoKey] if it is out of reach. See [Vault.GetMeta].
func (v *Vault) Get(name Name) (*Secret, error) {
	s, err := v.getMeta(name)
	if err == nil {
		err = v.reachKeyFor(s)
	}
	if err == nil {
		err = v.openValues(s)
	}
	if err != nil {
		return nil, v.orReplaced(err)
	}
	return s, nil
}

// GetMeta is [Vault.Get] without the values of a secret that is under a value key: such
// versions are Sealed and have no value.
func (v *Vault) GetMeta(name Name) (*Secret, error) {
	s, err := v.getMeta(name)
	return s, v.orReplaced(err)
}

// orReplaced is err, unless a replaced master key is the reason of it.
func (v *Vault) orReplaced(err error) error {
	if err != nil && v.keyReplaced() {
		return ErrKeyReplaced
	}
	return err
}

// getOpen is Get for the holder of the lock, who must have reached the value key before.
func (v *Vault) getOpen(name Name) (*Secret, error) {
	s, err := v.getMeta(name)
	if err != nil {
		return nil, err
	}
	if err := v.openValues(s); err != nil {
		return nil, err
	}
	return s, nil
}

// getMeta is GetMeta for the holder of the lock.
func (v *Vault) getMeta(name Name) (*Secret, error) {
	s, err := v.read(v.key.FileID(string(name)))
	if isNotExist(err) || (err == nil && (v.halfRenamed(s.ID, s.Revision, s.RenamedFrom) || s.Deletion.over(v.now()))) {
		return nil, &NoSecretError{name}
	}
	if err != nil {
		return nil, err
	}
	if s.Name != name {
		return nil, Errorf(ErrDamaged, "%s holds another secret", v.path(v.key.FileID(string(name))))
	}
	return s, nil
}

// read reads the secret in the file fileID.
func (v *Vault) read(fileID string) (*Secret, error) {
	var sealed bytes.Buffer
	if err := v.readSealed(&sealed, fileID); err != nil {
		return nil, err
	}
	document, err := v.key.Open(fileID, sealed.Bytes())
	if err != nil {
		return nil, v.damaged(fileID)
	}
	s, err := decodeRecord(document)
	if err != nil {
		return nil, v.damaged(fileID)
	}
	if s.valuesElsewhere() {
		return nil, Errorf(ErrNewerFormat,
			"%q is sealed in a way of its own, which takes a newer version of this program", s.Name)
	}
	return s, nil
}

// readSealed reads the file of a secret. One that a committed batch holds comes before
// one that is in its place.
func (v *Vault) readSealed(buffer *bytes.Buffer, fileID string) error {
	if err := readInto(buffer, v.committedPath(fileID), maxFileSize); !inNoBatch(err) {
		return err
	}
	return v.readPlaced(buffer, fileID)
}

// readPlaced reads the file of a secret in its place.
func (v *Vault) readPlaced(buffer *bytes.Buffer, fileID string) error {
	return readInto(buffer, v.path(fileID), maxFileSize)
}

func (v *Vault) damaged(fileID string) error {
	return Errorf(ErrDamaged, "%s was damaged, or written without the key; bring it back from a copy of the vault",
		v.path(fileID))
}

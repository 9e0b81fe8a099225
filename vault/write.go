package vault

import (
	"errors"
	"fmt"
)

// Update lets change alter the secret name and commits the result. If change returns an
// error nothing is committed; if that is [ErrUnchanged], Update succeeds all the same. The
// result is the secret as it is on the disk.
//
// The vault is locked for other writers while change runs: it must be quick, and ask
// nothing. Update asks for the value key of the secret before that. A key that change
// puts the secret under must have been reached before: [Vault.ReachValueKey].
func (v *Vault) Update(name Name, change func(*Secret) error) (*Secret, error) {
	if err := v.reachKeyOf(name); err != nil {
		return nil, err
	}
	return v.commit(name, v.getOpen, existing(name, change))
}

// UpdateMeta is [Vault.Update] without the values, as with [Vault.GetMeta]: for a change
// of labels, tags, a description or a deletion.
func (v *Vault) UpdateMeta(name Name, change func(*Secret) error) (*Secret, error) {
	return v.commit(name, v.getMeta, existing(name, change))
}

func existing(name Name, change func(*Secret) error) func(*Secret) error {
	return func(s *Secret) error {
		if !s.Exists() {
			return &NoSecretError{name}
		}
		return change(s)
	}
}

// Upsert is Update for a secret that need not exist: change gets an empty one,
// and makes it by adding a version, or by [Secret.Create]. A name that is kept by a secret
// scheduled for deletion is taken: the error is both [ErrExists] and [ErrDeleted].
func (v *Vault) Upsert(name Name, change func(*Secret) error) (*Secret, error) {
	if err := v.reachKeyOf(name); err != nil {
		return nil, err
	}
	return v.commit(name, v.getOpen, func(s *Secret) error {
		if err := s.Deleted(); err != nil {
			return Errorf(errNameKept, "%v", err)
		}
		return change(s)
	})
}

type getter func(Name) (*Secret, error)

func (v *Vault) commit(name Name, get getter, change func(*Secret) error) (*Secret, error) {
	unlock, err := v.writing()
	if err != nil {
		return nil, err
	}
	defer unlock()
	s, err := v.getOrEmpty(name, get)
	if err != nil {
		return nil, err
	}
	if err := change(s); err != nil {
		if errors.Is(err, ErrUnchanged) {
			return s, nil
		}
		return nil, err
	}
	s.RenamedFrom = ""
	if err := v.write(s); err != nil {
		return nil, err
	}
	return s, nil
}

func (v *Vault) getOrEmpty(name Name, get getter) (*Secret, error) {
	s, err := get(name)
	if !errors.Is(err, ErrNoSecret) {
		return s, err
	}
	id, err := NewID(v.options.Rand)
	if err != nil {
		return nil, err
	}
	return &Secret{Meta: Meta{Name: name, ID: id, Created: v.now(), Labels: map[Label]int{}}}, nil
}

// writing locks the vault, whose key must still be the one that it was opened with, and
// ends the work of a writer that died.
func (v *Vault) writing() (unlock func(), err error) {
	unlock, err = v.lock()
	if err != nil {
		return nil, err
	}
	if _, err = v.currentHeader(); err == nil {
		err = errors.Join(v.settleBatch(), v.settleRename())
	}
	if err != nil {
		unlock()
		return nil, err
	}
	return unlock, nil
}

// write commits s under the lock.
func (v *Vault) write(s *Secret) error {
	fileID, sealed, err := v.seal(s)
	if err != nil {
		return err
	}
	if err := makeDir(v.secrets()); err != nil {
		return fmt.Errorf("saving %q: %w", s.Name, err)
	}
	if err := writeFile(v.secrets(), fileID+extension, sealed); err != nil {
		return fmt.Errorf("saving %q: %w", s.Name, err)
	}
	return nil
}

// seal makes the file of the next revision of s.
func (v *Vault) seal(s *Secret) (fileID string, sealed []byte, err error) {
	if !s.Exists() {
		return "", nil, Errorf(ErrInvalid, "the secret %q has no value", s.Name)
	}
	s.Revision++
	s.Changed = v.now()
	if err := s.stamp(s.Changed, func() (string, error) { return NewID(v.options.Rand) }); err != nil {
		return "", nil, err
	}
	s.prune(v.options.History, s.Changed)
	if err := v.sealValues(s); err != nil {
		return "", nil, fmt.Errorf("saving %q: %w", s.Name, err)
	}
	document, err := encodeRecord(s)
	if err != nil {
		return "", nil, fmt.Errorf("encoding %q: %w", s.Name, err)
	}
	fileID = v.key.FileID(string(s.Name))
	if sealed, err = v.key.Seal(fileID, document); err != nil {
		return "", nil, fmt.Errorf("saving %q: %w", s.Name, err)
	}
	if len(sealed) > maxFileSize {
		return "", nil, Errorf(ErrLimit, "%q and its history would need %d bytes; the limit is %d", s.Name, len(sealed),
			maxFileSize)
	}
	return fileID, sealed, nil
}

// Remove deletes a secret for good, whether it is scheduled for deletion or not.
func (v *Vault) Remove(name Name) error {
	unlock, err := v.writing()
	if err != nil {
		return err
	}
	defer unlock()
	err = removeFile(v.secrets(), v.key.FileID(string(name))+extension)
	if isNotExist(err) {
		return &NoSecretError{name}
	}
	if err != nil {
		return fmt.Errorf("deleting %q: %w", name, err)
	}
	return nil
}

// Purge removes the secrets whose recovery window has ended and returns their
// names. Until then they keep their file and are hidden.
func (v *Vault) Purge() ([]Name, error) {
	now := v.now()
	unlock, err := v.writing()
	if err != nil {
		return nil, err
	}
	defer unlock()
	ids, err := listFiles(v.secrets())
	if err != nil {
		return nil, fmt.Errorf("listing the vault: %w", err)
	}
	var purged []Name
	for _, id := range ids {
		s, err := v.read(id)
		if err != nil || !s.Deletion.over(now) {
			continue
		}
		if err := removeFile(v.secrets(), id+extension); err != nil {
			return purged, fmt.Errorf("deleting %q: %w", s.Name, err)
		}
		purged = append(purged, s.Name)
	}
	return purged, nil
}

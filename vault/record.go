package vault

import (
	"bytes"
	"cmp"
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// padding hides the exact length of the values in a file: the document is filled up
// with spaces to a multiple of it.
const padding = 256

// encodeRecord returns the document of a secret, with the members that a later
// version of this program may have put into the document it was read from.
func encodeRecord(s *Secret) ([]byte, error) {
	document, err := json.Marshal(s.stored())
	if err != nil {
		return nil, err
	}
	if s.raw != nil {
		if document, err = carryUnknown(s.raw, document); err != nil {
			return nil, err
		}
	}
	return padded(document), nil
}

func padded(document []byte) []byte {
	fill := padding - (len(document)+1)%padding
	return append(append(document, bytes.Repeat([]byte(" "), fill%padding)...), '\n')
}

func decodeRecord(document []byte) (*Secret, error) {
	s := &Secret{raw: document}
	if err := json.Unmarshal(document, s); err != nil {
		return nil, ErrDamaged
	}
	// The id becomes the name of a file: see LockRotation.
	if !isUUID(s.ID) || !s.wellNumbered() || !s.wellSealed() {
		return nil, ErrDamaged
	}
	if len(s.Versions) == 0 && (s.Versions == nil || len(s.Labels) > 0) {
		return nil, ErrDamaged
	}
	for i := range s.Versions {
		v := &s.Versions[i]
		if !v.wellFormed() {
			return nil, ErrDamaged
		}
		v.Kind = cmp.Or(v.Kind, s.Kind)
		if v.Binary != nil {
			v.Plain = v.Binary
		}
	}
	if s.Labels == nil {
		s.Labels = map[Label]int{}
	}
	return s, nil
}

// valuesElsewhere reports whether a value is neither here nor sealed as this
// program does it (FORMAT.md, Reserved).
func (s *Secret) valuesElsewhere() bool {
	return s.Key == "" && slices.ContainsFunc(s.Versions, func(v Version) bool { return v.empty() })
}

// stored is s as it is on the disk.
func (s *Secret) stored() *Secret {
	stored := *s
	stored.Versions = slices.Clone(s.Versions)
	for i := range stored.Versions {
		v := &stored.Versions[i]
		v.Value = v.Value.stored()
		if v.Kind == s.Kind {
			v.Kind = ""
		}
		if s.Key != "" {
			v.Value = Value{} // it is in Sealed
		}
	}
	return &stored
}

// wellNumbered reports whether the numbers of the versions rise, so that the next number
// can be counted on from the last.
func (s *Secret) wellNumbered() bool {
	last := 0
	for _, v := range s.Versions {
		if v.Number <= last {
			return false
		}
		last = v.Number
	}
	return true
}

type members map[string]json.RawMessage

func jsonMembers(t reflect.Type) (names []string) {
	for _, field := range reflect.VisibleFields(t) {
		if name, _, _ := strings.Cut(field.Tag.Get("json"), ","); name != "" {
			names = append(names, name)
		}
	}
	return names
}

// carryUnknown copies the members of before, and of its versions, that this
// program has no name for into after.
func carryUnknown(before, after []byte) ([]byte, error) {
	var old, updated members
	var oldVersions, updatedVersions []members
	if err := json.Unmarshal(before, &old); err != nil {
		return nil, err
	}
	// It may be spelled otherwise, see unknownMembers.
	if versions, ok := old["versions"]; ok {
		if err := json.Unmarshal(versions, &oldVersions); err != nil {
			return nil, err
		}
	}
	unknown := unknownMembers(old, jsonMembers(reflect.TypeFor[Secret]()))
	unknownOf := map[string]members{}
	versionMembers := jsonMembers(reflect.TypeFor[Version]())
	for _, version := range oldVersions {
		if m := unknownMembers(version, versionMembers); len(m) > 0 {
			unknownOf[string(version["number"])] = m
		}
	}
	if len(unknown) == 0 && len(unknownOf) == 0 {
		return after, nil
	}
	if err := json.Unmarshal(after, &updated); err != nil {
		return nil, err
	}
	if err := json.Unmarshal(updated["versions"], &updatedVersions); err != nil {
		return nil, err
	}
	maps.Copy(updated, unknown)
	for _, version := range updatedVersions {
		maps.Copy(version, unknownOf[string(version["number"])])
	}
	var err error
	if updated["versions"], err = json.Marshal(updatedVersions); err != nil {
		return nil, err
	}
	return json.Marshal(updated)
}

// unknownMembers compares as package json does, which takes "Name" for "name".
func unknownMembers(m members, known []string) members {
	unknown := members{}
	for name, value := range m {
		if !slices.ContainsFunc(known, func(k string) bool { return strings.EqualFold(k, name) }) {
			unknown[name] = value
		}
	}
	return unknown
}

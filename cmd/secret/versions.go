package main

import (
	"errors"
	"fmt"
	"time"

	"example.org/secret/vault"
)

// versionJSON is the output of get and history for a version.
type versionJSON struct {
	Name    vault.Name             `json:"name"`
	Kind    vault.Kind             `json:"kind"`
	Version int                    `json:"version"`
	ID      string                 `json:"id"`
	Labels  []vault.Label          `json:"labels"`
	Created time.Time              `json:"created"`
	Origin  vault.Origin           `json:"origin"`
	From    int                    `json:"from,omitempty"`
	Field   string                 `json:"field,omitempty"`
	Value   *vault.Bytes           `json:"value,omitempty"`
	Fields  map[string]vault.Bytes `json:"fields,omitempty"`
}

func describeVersion(s *vault.Secret, v vault.Version) versionJSON {
	labels := s.LabelsOf(v.Number)
	if labels == nil {
		labels = []vault.Label{}
	}
	return versionJSON{
		Name: s.Name, Kind: v.Kind, Version: v.Number, ID: v.ID, Labels: labels,
		Created: v.Created, Origin: v.Origin, From: v.From,
	}
}

// parseVersionArg parses the number or the id of a version, or a label. A long word may be either of the last two.
func parseVersionArg(arg string) (vault.Selector, error) {
	sel, err := vault.ParseSelector(arg)
	if err == nil && sel.ID == "" {
		return sel, nil
	}
	label, labelErr := parseNewLabel(arg)
	if err != nil && labelErr != nil {
		return vault.Selector{}, usagef("%q is not a version: give its number, its id or a label", arg)
	}
	sel.Label = label
	return sel, nil
}

// noPrevious returns the error of a command that needs a previous version, on a secret without one.
func noPrevious(s *vault.Secret, command string) error {
	if _, err := s.Find(vault.Selector{}); errors.Is(err, vault.ErrNoValue) {
		return err
	}
	text := fmt.Sprintf("%q has no version before its current one", s.Name)
	if len(s.Versions) > 1 {
		text = fmt.Sprintf("%q has no previous version; which one? Run: secret %s %s VERSION", s.Name, command, s.Name)
	}
	return vault.Errorf(vault.ErrNotFound, "%s", text)
}

func versionNumber(s *vault.Secret, arg string) (int, error) {
	sel, err := parseVersionArg(arg)
	if err != nil {
		return 0, err
	}
	v, err := s.Find(sel)
	return v.Number, err
}

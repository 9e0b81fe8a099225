package main

import (
	"errors"
	"fmt"

	"example.org/secret/cmd/secret/internal/usage"
	"example.org/secret/vault"
)

// parseVersionArg parses the number or the id of a version, or a label. A long word may be either of the last two.
func parseVersionArg(arg string) (vault.Selector, error) {
	sel, err := vault.ParseSelector(arg)
	if err == nil && sel.ID == "" {
		return sel, nil
	}
	label, labelErr := parseNewLabel(arg)
	if err != nil && labelErr != nil {
		return vault.Selector{}, usage.Errorf("%q is not a version: give its number, its id or a label", arg)
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

package main

import (
	"fmt"
	"strings"

	"example.org/secret/cmd/secret/internal/usage"
	"example.org/secret/rotate"
	"example.org/secret/vault"
)

func parseLabels(args []string) ([]vault.Label, error) {
	var labels []vault.Label
	for _, arg := range args {
		label, err := parseNewLabel(arg)
		if err != nil {
			return nil, err
		}
		if label == vault.Previous {
			return nil, usage.Errorf("the label %q moves by itself when %q does", vault.Previous, vault.Current)
		}
		labels = append(labels, label)
	}
	return labels, nil
}

// parseNewLabel parses a label for a version. AWS has labels of digits alone too, but here they would be numbers.
func parseNewLabel(arg string) (vault.Label, error) {
	if arg != "" && strings.Trim(arg, "0123456789") == "" {
		return "", usage.Errorf("the label %q would look like a version's number", arg)
	}
	return vault.ParseLabel(arg)
}

// keepUnderWay refuses to move pending during a rotation, because the service may accept no other value by now.
func keepUnderWay(s *vault.Secret, label vault.Label) error {
	if label != vault.Pending || !rotate.UnderWay(s) {
		return nil
	}
	return fmt.Errorf("a rotation of %q is under way, to which the label %q belongs; give it up with: "+
		"secret rotation cancel %s", s.Name, label, s.Name)
}

// warnGivenUp tells the user that a current value, stored by hand, has ended a rotation.
func (a *app) warnGivenUp(name vault.Name) {
	a.out.Warnf("%s was being rotated; that is given up, and your value counts (the other one is in the history)", name)
}

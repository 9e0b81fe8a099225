package names

import (
	"maps"
	"path"
	"slices"
	"strings"

	"example.org/secret/vault"
)

// Matcher returns the function that matches names with a glob, or with a prefix if the pattern holds no glob. An
// asterisk stops at slashes, and two do not.
func Matcher(pattern string) (func(string) bool, error) {
	if !strings.ContainsAny(pattern, "*?[") {
		return func(name string) bool { return strings.HasPrefix(name, pattern) }, nil
	}
	if _, err := path.Match(pattern, ""); err != nil {
		return nil, vault.Errorf(vault.ErrInvalid, "%q is not a glob: %v", pattern, err)
	}
	parts := strings.Split(pattern, "/")
	return func(name string) bool { return matchParts(parts, strings.Split(name, "/")) }, nil
}

// Select returns the names of the secrets that the patterns match, sorted; without a pattern, all. The error is
// [vault.ErrNotFound] for a pattern that matches none.
func Select(listed []vault.Listed, patterns []string) ([]vault.Name, error) {
	if len(patterns) == 0 {
		patterns = []string{""}
	}
	selected := map[vault.Name]bool{}
	for _, pattern := range patterns {
		matches, err := Matcher(pattern)
		if err != nil {
			return nil, err
		}
		found := false
		for _, s := range listed {
			if !s.Deleted && matches(string(s.Name)) {
				selected[s.Name], found = true, true
			}
		}
		switch {
		case found:
		case len(listed) == 0:
			return nil, vault.Errorf(vault.ErrNotFound, "the vault is empty")
		case pattern == "":
			return nil, vault.Errorf(vault.ErrNotFound,
				"the vault is empty but for secrets that are scheduled for deletion; see: secret list --deleted")
		default:
			return nil, vault.Errorf(vault.ErrNotFound, "no secret's name begins with or matches %q", pattern)
		}
	}
	return slices.Sorted(maps.Keys(selected)), nil
}

func matchParts(patterns, parts []string) bool {
	switch {
	case len(patterns) == 0:
		return len(parts) == 0
	case patterns[0] == "**":
		return matchParts(patterns[1:], parts) || (len(parts) > 0 && matchParts(patterns, parts[1:]))
	case len(parts) == 0:
		return false
	}
	ok, err := path.Match(patterns[0], parts[0])
	return ok && err == nil && matchParts(patterns[1:], parts[1:])
}

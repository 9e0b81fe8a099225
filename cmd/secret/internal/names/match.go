package names

import (
	"path"
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

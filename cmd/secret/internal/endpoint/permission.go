package endpoint

import (
	"strings"

	"example.org/secret/cmd/secret/internal/names"
	"example.org/secret/vault"
)

// Permission bounds the rights of a client. The zero value permits nothing on any secret.
type Permission struct {
	Allow []func(name string) bool // the client may use a name if one of these reports true
	Write bool                     // the client may change things
}

// ReservedPrefix begins the names of the secrets that keep the clients. No client may use them, whatever its
// permission.
const ReservedPrefix = "secret-serve/"

// NewPermission returns the permission to use the names that the patterns match, or all names without a pattern. The
// error is [vault.ErrInvalid] for a pattern that is no glob.
func NewPermission(patterns []string, write bool) (Permission, error) {
	p := Permission{Write: write}
	for _, pattern := range patterns {
		allows, err := Allow(pattern)
		if err != nil {
			return Permission{}, err
		}
		p.Allow = append(p.Allow, allows)
	}
	if len(patterns) == 0 {
		p.Allow = append(p.Allow, AllowAll)
	}
	return p, nil
}

// Allow returns a function for [Permission] that matches names with a glob, in which an asterisk stops at slashes and
// two do not, or with one name. The error is [vault.ErrInvalid].
func Allow(pattern string) (func(name string) bool, error) {
	if strings.ContainsAny(pattern, "*?[") {
		return names.Matcher(pattern)
	}
	// A pattern from an unset variable must not pass for no pattern, which permits all.
	name, err := vault.ParseName(pattern)
	return func(other string) bool { return other == string(name) }, err
}

// AllowAll permits all names.
func AllowAll(string) bool { return true }

// allows reports whether the client may use the name in this call.
func (c *call) allows(name vault.Name) bool {
	return (c.permission.Write || !c.writes) && c.mayRead(name)
}

func (c *call) mayRead(name vault.Name) bool {
	if strings.HasPrefix(string(name), ReservedPrefix) {
		return false
	}
	for _, allows := range c.permission.Allow {
		if allows(string(name)) {
			return true
		}
	}
	return false
}

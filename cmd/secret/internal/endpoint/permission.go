package endpoint

import (
	"strings"

	"example.org/secret/cmd/secret/internal/names"
	"example.org/secret/vault"
)

// Permission is what a client may do. The zero value permits nothing on any secret.
type Permission struct {
	Allow []func(name string) bool // the client may use a name if one of these reports true
	Write bool                     // the client may change things
}

// Allow returns a function for [Permission] that matches names with a glob, in which an asterisk stops at slashes and two
// do not, or with one name. The error is [vault.ErrInvalid].
func Allow(pattern string) (func(name string) bool, error) {
	if !strings.ContainsAny(pattern, "*?[") {
		return func(name string) bool { return name == pattern }, nil
	}
	return names.Matcher(pattern)
}

// AllowAll permits all names.
func AllowAll(string) bool { return true }

// allows reports whether the client may use the name in this call.
func (c *call) allows(name vault.Name) bool {
	return (c.permission.Write || !c.writes) && c.mayRead(name)
}

func (c *call) mayRead(name vault.Name) bool {
	for _, allows := range c.permission.Allow {
		if allows(string(name)) {
			return true
		}
	}
	return false
}

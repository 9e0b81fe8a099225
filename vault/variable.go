package vault

import "strings"

// VariableName returns the name of the environment variable that a field or a secret of
// the name s becomes, behind a prefix: with a to z made upper-case, and every other
// character than A to Z and 0 to 9 replaced by one underscore. An underscore goes before
// a name that would begin with a digit or be empty. It may be the same for two names.
func VariableName(prefix, s string) string {
	name := prefix + strings.Map(func(r rune) rune {
		switch {
		case 'a' <= r && r <= 'z':
			return r - 'a' + 'A'
		case 'A' <= r && r <= 'Z', '0' <= r && r <= '9':
			return r
		}
		return '_'
	}, s)
	if name == "" || '0' <= name[0] && name[0] <= '9' {
		return "_" + name
	}
	return name
}

package vault

import "strings"

// VariableName returns the name of the environment variable that a field or a secret of
// the name s becomes: with a to z made upper-case, and every other character than A to Z
// and 0 to 9 replaced by one underscore. It may begin with a digit, and be the same for
// two names.
func VariableName(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case 'a' <= r && r <= 'z':
			return r - 'a' + 'A'
		case 'A' <= r && r <= 'Z', '0' <= r && r <= '9':
			return r
		}
		return '_'
	}, s)
}

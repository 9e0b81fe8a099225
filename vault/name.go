package vault

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	maxNameLength  = 512
	maxFieldLength = 256
)

// Name is the name of a secret: 1 to 512 of A-Z a-z 0-9 / _ + = . @ -
// (CreateSecret of AWS Secrets Manager). Slashes mean nothing to the vault;
// people use them to group.
type Name string

// ParseName checks s. The error is [ErrInvalid].
func ParseName(s string) (Name, error) {
	switch {
	case s == "":
		return "", Errorf(ErrInvalid, "a secret's name cannot be empty")
	case len(s) > maxNameLength:
		return "", Errorf(ErrInvalid, "the name %.20q… has %d characters; the limit is %d", s, len(s), maxNameLength)
	}
	for _, r := range s {
		if !IsNameRune(r) {
			return "", Errorf(ErrInvalid, "%q is not a secret's name: %q is not one of A-Z a-z 0-9 / _ + = . @ -", s, r)
		}
	}
	return Name(s), nil
}

// IsNameRune reports whether a secret's name may hold r.
func IsNameRune(r rune) bool {
	switch {
	case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z', '0' <= r && r <= '9':
		return true
	}
	return strings.ContainsRune("/_+=.@-", r)
}

// CheckField checks the name of a field of a kv or credential secret: 1 to 256
// bytes of UTF-8 without control characters. The error is [ErrInvalid].
func CheckField(field string) error {
	switch {
	case field == "":
		return Errorf(ErrInvalid, "a field's name cannot be empty")
	case len(field) > maxFieldLength:
		return Errorf(ErrInvalid, "the field name %.20q… is longer than %d bytes", field, maxFieldLength)
	case !utf8.ValidString(field), strings.ContainsFunc(field, unicode.IsControl):
		return Errorf(ErrInvalid, "%q is not a field's name: it may hold no control characters and has to be UTF-8", field)
	}
	return nil
}

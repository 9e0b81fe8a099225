package vault

import (
	"net/url"
	"strconv"
	"strings"
)

// ReferenceScheme is how a reference begins where other texts may stand.
const ReferenceScheme = "secret://"

// Reference points to a secret, or to one field or version of it:
// secret://NAME, secret://NAME#FIELD, each with ?version=N or ?label=L behind.
// The scheme may be left out. A field, an id or a label that holds ?, # or % has these
// percent-encoded.
type Reference struct {
	Name    Name
	Field   string // empty for the whole value
	Version Selector
}

// ParseReference parses s. The error is [ErrInvalid].
func ParseReference(s string) (Reference, error) {
	rest, query, hasQuery := strings.Cut(strings.TrimPrefix(s, ReferenceScheme), "?")
	rest, field, hasField := strings.Cut(rest, "#")
	if hasQuery && !hasField {
		// The order that URLs have is understood as well.
		query, field, hasField = strings.Cut(query, "#")
	}
	name, err := ParseName(rest)
	if err != nil {
		return Reference{}, err
	}
	ref := Reference{Name: name}
	if hasField {
		if ref.Field, err = url.PathUnescape(field); err != nil {
			return Reference{}, Errorf(ErrInvalid, "%q is not a reference: the percent-encoding of its field is wrong", s)
		}
		if err := CheckField(ref.Field); err != nil {
			return Reference{}, err
		}
	}
	if hasQuery {
		if ref.Version, err = parseReferenceQuery(query); err != nil {
			return Reference{}, Errorf(ErrInvalid, "%q is not a reference: behind ? stands version=N or label=L", s)
		}
	}
	return ref, nil
}

func parseReferenceQuery(query string) (Selector, error) {
	key, value, _ := strings.Cut(query, "=")
	value, err := url.PathUnescape(value)
	if err != nil {
		return Selector{}, err
	}
	switch key {
	case "version":
		return ParseSelector(value)
	case "label":
		label, err := ParseLabel(value)
		return Selector{Label: label}, err
	}
	return Selector{}, ErrInvalid
}

// String returns the reference in the form that [ParseReference] reads.
func (r Reference) String() string {
	s := ReferenceScheme + string(r.Name)
	if r.Field != "" {
		s += "#" + url.PathEscape(r.Field)
	}
	switch {
	case r.Version.Number != 0:
		s += "?version=" + strconv.Itoa(r.Version.Number)
	case r.Version.ID != "":
		s += "?version=" + escapeQuery.Replace(r.Version.ID)
	case r.Version.Label != "":
		s += "?label=" + escapeQuery.Replace(string(r.Version.Label))
	}
	return s
}

var escapeQuery = strings.NewReplacer("%", "%25", "#", "%23", "?", "%3F")

package vault

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	maxLabelLength = 256
	maxLabels      = 20
)

// Label is a name on at most one version of a secret: 1 to 256 characters of UTF-8
// without control characters.
type Label string

// The labels that are moved by the program itself (AWSCURRENT, AWSPENDING and
// AWSPREVIOUS of AWS Secrets Manager).
const (
	Current  Label = "current"  // the version that is handed out
	Pending  Label = "pending"  // a version that is not in use yet
	Previous Label = "previous" // the version that was current before
)

// ParseLabel checks s. The error is [ErrInvalid].
func ParseLabel(s string) (Label, error) {
	switch {
	case s == "":
		return "", Errorf(ErrInvalid, "a label cannot be empty")
	case utf8.RuneCountInString(s) > maxLabelLength:
		return "", Errorf(ErrInvalid, "the label %.20q… is longer than %d characters", s, maxLabelLength)
	case !utf8.ValidString(s), strings.ContainsFunc(s, unicode.IsControl):
		return "", Errorf(ErrInvalid, "%q is not a label: it may hold no control characters and has to be UTF-8", s)
	}
	return Label(s), nil
}

// awsLabels are the names of our labels in AWS.
var awsLabels = map[Label]string{Current: "AWSCURRENT", Pending: "AWSPENDING", Previous: "AWSPREVIOUS"}

// AWS returns the label as AWS Secrets Manager has it: AWSCURRENT for Current.
func (l Label) AWS() string {
	if name, ours := awsLabels[l]; ours {
		return name
	}
	return string(l)
}

// ParseAWSLabel returns the label that AWS calls s. The error is [ErrInvalid], also for the
// names of our own labels, which AWS calls otherwise.
func ParseAWSLabel(s string) (Label, error) {
	for label, name := range awsLabels {
		switch s {
		case name:
			return label, nil
		case string(label):
			return "", Errorf(ErrInvalid, "the label %q is called %s in AWS's API", s, name)
		}
	}
	return ParseLabel(s)
}

// LabelsOf returns the labels on version number, ours first.
func (s *Secret) LabelsOf(number int) []Label {
	var labels []Label
	for label, n := range s.Labels {
		if n == number {
			labels = append(labels, label)
		}
	}
	slices.SortFunc(labels, compareLabels)
	return labels
}

func compareLabels(a, b Label) int {
	ours := []Label{Current, Pending, Previous}
	if i, j := slices.Index(ours, a), slices.Index(ours, b); i != j {
		switch {
		case j < 0:
			return -1
		case i < 0:
			return 1
		}
		return i - j
	}
	return strings.Compare(string(a), string(b))
}

// MoveLabel puts label on version to, taking it from version from; 0 stands for
// none. The rules are those of AWS's UpdateSecretVersionStage: a label that sits
// on another version has to be named as being there; current can be moved but not
// taken off; moving it leaves previous behind and every other label in place.
// A move to where the label is already changes nothing.
func (s *Secret) MoveLabel(label Label, to, from int) error {
	if err := s.Deleted(); err != nil {
		return err
	}
	at := s.Labels[label]
	switch {
	case to == 0 && at == 0:
		return Errorf(ErrNoVersion, "no version of %q has the label %q", s.Name, label)
	case from != 0 && from != at:
		return Errorf(ErrRule, "the label %q of %q is not on version %d but on %s", label, s.Name, from, describeVersion(at))
	case to == at:
		return ErrUnchanged
	case at != 0 && from == 0:
		return Errorf(ErrRule, "the label %q of %q is on version %d, from which it has to be taken explicitly", label,
			s.Name, at)
	case to == 0 && label == Current:
		return Errorf(ErrRule, "the label %q of %q can be moved but not taken off", label, s.Name)
	case to == 0:
		delete(s.Labels, label)
		return nil
	}
	if _, err := s.Find(Selector{Number: to}); err != nil {
		return err
	}
	if err := s.attach(to, label); err != nil {
		return err
	}
	s.followCurrent()
	return nil
}

func describeVersion(number int) string {
	if number == 0 {
		return "none"
	}
	return "version " + Selector{Number: number}.String()
}

// attach moves labels to version to. Where current leaves a version, that
// version becomes previous.
func (s *Secret) attach(to int, labels ...Label) error {
	for _, label := range labels {
		if at, ok := s.Labels[Current]; ok && label == Current && at != to {
			s.Labels[Previous] = at
		}
		if _, ok := s.Labels[label]; !ok && len(s.Labels) >= maxLabels {
			return Errorf(ErrLimit, "%q has %d labels already, which is the limit", s.Name, maxLabels)
		}
		s.Labels[label] = to
	}
	return nil
}

package vault

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

const (
	minVersionIDLength   = 32
	maxVersionIDLength   = 64
	maxDescriptionLength = 2048
	maxTags              = 50
	maxTagKeyLength      = 128
	maxTagValueLength    = 256
	maxPolicyLength      = 20480

	// pruneAfter keeps a version that lost its labels within reach of programs that
	// still use it (AWS never removes one younger than this).
	pruneAfter = 24 * time.Hour
)

// Origin says how a version came to be.
type Origin string

// The origins of versions.
const (
	OriginSet      Origin = "set"
	OriginEdit     Origin = "edit"
	OriginRotate   Origin = "rotate"
	OriginRollback Origin = "rollback"
	OriginImport   Origin = "import"
	OriginAPI      Origin = "api" // of AWS's API
)

// Version is one value of a secret. It never changes.
type Version struct {
	Number  int       `json:"number"`         // 1 for the first; not used twice
	ID      string    `json:"id"`             // see [CheckVersionID]; a UUID unless the caller gave another
	Created time.Time `json:"created"`        // UTC, whole milliseconds
	Origin  Origin    `json:"origin"`         //
	From    int       `json:"from,omitempty"` // of a rollback: the version whose value it has
	Kind    Kind      `json:"kind,omitempty"` // on the disk only where it is not the secret's
	Value             // empty while it is sealed; see [Secret.Find]
	// Sealed is the value sealed to the secret's key.
	Sealed []byte `json:"sealed,omitempty"`
}

// Annotations are the part of the metadata that the user writes. Copies, edits and
// exports carry them over.
type Annotations struct {
	Description string            `json:"description,omitempty"`
	Tags        map[string]string `json:"tags,omitzero"` // empty, but not nil, once the last was removed
}

// Meta is the metadata of a secret: everything but its values and the log of its
// rotations.
type Meta struct {
	Name     Name      `json:"name"`
	ID       string    `json:"id"`       // a UUID; stays through renaming
	Kind     Kind      `json:"kind"`     // of the current version; empty in a secret that is not made yet
	Revision int       `json:"revision"` // counts commits
	Created  time.Time `json:"created"`
	Changed  time.Time `json:"changed"`
	Annotations
	Deletion *Deletion     `json:"deletion,omitempty"`   // nil unless scheduled
	Key      string        `json:"key,omitempty"`        // a value key; see SetKey
	KMSKeyID string        `json:"kms_key_id,omitempty"` // Key as AWS's API named it; SetKey forgets it
	Labels   map[Label]int `json:"labels"`               // to version numbers
	// Rotation belongs to package rotate, which keeps a JSON object in it.
	Rotation json.RawMessage `json:"rotation,omitempty"`
	// RenamedFrom is the file that [Vault.Rename] was moving the secret from. See
	// there for its meaning while that file exists.
	RenamedFrom string `json:"renamed_from,omitempty"`
}

// Secret is a secret with all of its versions. Its methods keep the rules and touch no
// file; [Vault.Update] and its like commit the result. The errors are [ErrInvalid] or its
// [ErrLimit] and [ErrRule], [ErrNotFound] or [ErrDeleted], and a method that fails changes
// nothing.
type Secret struct {
	Meta
	Versions []Version `json:"versions"` // oldest first
	// ResourcePolicy is a policy of AWS as it came; see [Secret.SetResourcePolicy].
	ResourcePolicy string `json:"resource_policy,omitempty"`
	// RotationLog belongs to package rotate. It is not metadata, because it grows.
	RotationLog json.RawMessage `json:"rotation_log,omitempty"`

	raw []byte // the document as it was read
}

// Deletion is a deletion that can still be taken back.
type Deletion struct {
	Requested time.Time `json:"requested"`
	Due       time.Time `json:"due"` // the end of the recovery window

	days int // of the window, until the commit sets the times
}

func (d *Deletion) over(now time.Time) bool {
	return d != nil && !now.Before(d.Due)
}

// Selector picks a version by its number, its id or a label. The zero value picks the
// current one. One with an id and a label picks the version of that id, or else that of
// the label.
type Selector struct {
	Number int
	ID     string
	Label  Label
}

// ParseSelector reads a version's number or id. The error is [ErrInvalid].
func ParseSelector(s string) (Selector, error) {
	if n, err := strconv.Atoi(s); err == nil && n > 0 {
		return Selector{Number: n}, nil
	}
	if CheckVersionID(s) == nil {
		return Selector{ID: s}, nil
	}
	return Selector{}, Errorf(ErrInvalid, "%q is not a version: give its number or its id", s)
}

// CheckVersionID checks the id of a version: 32 to 64 printable ASCII characters
// (ClientRequestToken of AWS Secrets Manager). The error is [ErrInvalid].
func CheckVersionID(id string) error {
	if len(id) < minVersionIDLength || len(id) > maxVersionIDLength {
		return Errorf(ErrInvalid, "the id of a version has %d to %d characters, not %d", minVersionIDLength,
			maxVersionIDLength, len(id))
	}
	if strings.ContainsFunc(id, func(r rune) bool { return r < ' ' || r > '~' }) {
		return Errorf(ErrInvalid, "%q is not the id of a version: it may hold only printable ASCII characters", id)
	}
	return nil
}

// String returns the number, the id or the label.
func (sel Selector) String() string {
	switch {
	case sel.Number != 0:
		return strconv.Itoa(sel.Number)
	case sel.ID != "":
		return sel.ID
	case sel.Label != "":
		return string(sel.Label)
	}
	return string(Current)
}

// Exists reports whether the secret has been made. It is false only for the secret that
// [Vault.Upsert] hands out for a new name.
func (s *Secret) Exists() bool { return s.Kind != "" }

// Create makes a secret that has no value yet: [Secret.Add] gives it the first one. The
// error is [ErrExists].
func (s *Secret) Create() error {
	if s.Exists() {
		return Errorf(ErrExists, "there is a secret named %q already", s.Name)
	}
	s.Kind, s.Versions = Plaintext, []Version{}
	return nil
}

// Find returns the version that sel picks, with its fields: those of a value that is JSON
// are not in Versions. The error is [ErrNoVersion], or [ErrNoValue] for a secret without any.
func (s *Secret) Find(sel Selector) (Version, error) {
	if s.Exists() && len(s.Versions) == 0 {
		return Version{}, Errorf(ErrNoValue, "%q has no value yet", s.Name)
	}
	number := sel.Number
	if number == 0 && sel.ID == "" {
		if sel.Label == "" {
			sel.Label = Current
		}
		var ok bool
		if number, ok = s.Labels[sel.Label]; !ok {
			return Version{}, Errorf(ErrNoVersion, "no version of %q has the label %q", s.Name, sel.Label)
		}
	}
	for _, v := range s.Versions {
		if v.Number == number || (number == 0 && v.ID == sel.ID) {
			v.Value = v.read()
			return v, nil
		}
	}
	if number == 0 && sel.Label != "" {
		return s.Find(Selector{Label: sel.Label})
	}
	return Version{}, Errorf(ErrNoVersion, "%q has no version %s", s.Name, sel)
}

// Field returns one field of a version. A name that is not there stands for the other
// usual one: user for username, and username for user. The error is [ErrNotFound].
func (s *Secret) Field(v Version, field string) (Bytes, error) {
	for _, name := range []string{field, otherName(field)} {
		if value, ok := v.Fields[name]; ok {
			return value, nil
		}
	}
	if v.Kind == Plaintext {
		return nil, Errorf(ErrNotFound, "%q is a plaintext secret and has no field %q", s.Name, field)
	}
	return nil, Errorf(ErrNotFound, "%q has no field %q", s.Name, field)
}

func otherName(field string) string {
	switch field {
	case "user":
		return "username"
	case "username":
		return "user"
	}
	return field
}

// NewVersion says how [Secret.Add] makes a version. Only Kind, Value and Origin
// are needed.
type NewVersion struct {
	// Kind must be the secret's own, unless AnyKind or the secret has no version. Without
	// AnyKind a binary value is followed by binary ones.
	Kind   Kind
	Value  Value
	Origin Origin
	From   int
	ID     string  // see [CheckVersionID]; the commit makes a UUID if it is empty
	Labels []Label // current if empty

	AnyKind bool
}

// Add appends a version. It has no time, and no id unless one is given, before the
// commit. Labels move as with AWS's PutSecretValue: without Labels the new version becomes
// current, the one that was becomes previous, and a pending one is given up; with Labels
// it gets exactly these, except that a secret's first version is current in any case.
//
// An id makes Add safe to repeat: it returns [ErrUnchanged] if the version of that id has
// the same value, and [ErrVersionExists] if it has another one.
func (s *Secret) Add(n NewVersion) error {
	if err := s.Deleted(); err != nil {
		return err
	}
	if n.ID != "" {
		if err := s.checkUnused(n); err != nil {
			return err
		}
	}
	if len(s.Versions) > 0 && !n.AnyKind && s.Kind != n.Kind {
		return Errorf(ErrRule, "%q is a %s secret and cannot become a %s one", s.Name, s.Kind, n.Kind)
	}
	if n.Kind == Plaintext && n.Value.empty() {
		n.Value.Plain = Bytes{} // an empty value is a value
	}
	if current, err := s.Find(Selector{}); err == nil && current.Binary != nil && !n.AnyKind {
		n.Value.Binary = n.Value.Plain // programs read it as SecretBinary
	}
	if err := n.Value.check(n.Kind); err != nil {
		return err
	}
	number := 1
	if len(s.Versions) > 0 {
		number = s.Versions[len(s.Versions)-1].Number + 1
	}
	labels := maps.Clone(s.Labels)
	if len(n.Labels) == 0 {
		delete(s.Labels, Pending)
		n.Labels = []Label{Current}
	}
	if len(s.Versions) == 0 {
		n.Labels = append([]Label{Current}, n.Labels...)
	}
	if err := s.attach(number, n.Labels...); err != nil {
		s.Labels = labels
		return err
	}
	s.Versions = append(s.Versions, Version{
		Number: number, ID: n.ID, Origin: n.Origin, From: n.From, Kind: n.Kind, Value: n.Value,
	})
	s.followCurrent()
	return nil
}

// followCurrent gives the secret the kind of its current version.
func (s *Secret) followCurrent() {
	for _, v := range s.Versions {
		if v.Number == s.Labels[Current] {
			s.Kind = v.Kind
		}
	}
}

// checkUnused checks the id of a new version, which no other may have.
func (s *Secret) checkUnused(n NewVersion) error {
	if err := CheckVersionID(n.ID); err != nil {
		return err
	}
	i := slices.IndexFunc(s.Versions, func(v Version) bool { return v.ID == n.ID })
	switch {
	case i < 0:
		return nil
	case s.Versions[i].closed():
		return Errorf(ErrNoKey, "%q has a version %s, whose value is sealed to the key %q", s.Name, n.ID, s.Key)
	case s.Versions[i].same(n.Value):
		return ErrUnchanged
	}
	return Errorf(ErrVersionExists, "%q has a version %s already, with another value", s.Name, n.ID)
}

// Replace is Add for a value that takes the place of the whole history, whatever
// kind the secret was. Version numbers go on.
func (s *Secret) Replace(n NewVersion) error {
	n.AnyKind = true
	if err := s.Add(n); err != nil {
		return err
	}
	last := s.Versions[len(s.Versions)-1]
	s.Versions, s.Labels = []Version{last}, map[Label]int{Current: last.Number}
	return nil
}

// stamp gives the changes since the last commit their time and ids.
func (s *Secret) stamp(now time.Time, newID func() (string, error)) error {
	for i := range s.Versions {
		v := &s.Versions[i]
		if v.Created.IsZero() {
			v.Created = now
		}
		if v.ID != "" {
			continue
		}
		var err error
		if v.ID, err = newID(); err != nil {
			return err
		}
	}
	if d := s.Deletion; d != nil && d.days > 0 {
		s.Deletion = &Deletion{Requested: now, Due: now.AddDate(0, 0, d.days)}
	}
	return nil
}

// prune drops the oldest versions without a label until at most keep of them are
// left, except those younger than a day. The newest stays in any case, since the
// next number is counted from it.
func (s *Secret) prune(keep int, now time.Time) {
	if len(s.Versions) == 0 {
		return
	}
	excess := len(s.Versions) - keep
	labelled := map[int]bool{}
	for _, number := range s.Labels {
		if !labelled[number] {
			labelled[number] = true
			excess--
		}
	}
	newest := s.Versions[len(s.Versions)-1].Number
	s.Versions = slices.DeleteFunc(s.Versions, func(v Version) bool {
		if excess <= 0 || v.Number == newest || labelled[v.Number] || now.Sub(v.Created) < pruneAfter {
			return false
		}
		excess--
		return true
	})
}

// SetAnnotations replaces all annotations. See [Secret.SetDescription] and [Secret.Tag]
// for the limits.
func (s *Secret) SetAnnotations(a Annotations) error {
	without := Secret{Meta: s.Meta}
	without.Annotations = Annotations{}
	if err := without.AddAnnotations(a); err != nil {
		return err
	}
	s.Annotations = without.Annotations
	return nil
}

// AddAnnotations adds annotations, and replaces those that a sets.
func (s *Secret) AddAnnotations(a Annotations) error {
	annotated := Secret{Meta: s.Meta}
	annotated.Tags = maps.Clone(s.Tags)
	if err := annotated.SetDescription(cmp.Or(a.Description, s.Description)); err != nil {
		return err
	}
	for key, value := range a.Tags {
		if err := annotated.Tag(key, value); err != nil {
			return err
		}
	}
	s.Annotations = annotated.Annotations
	return nil
}

// SetDescription replaces the description: at most 2048 characters of UTF-8.
func (s *Secret) SetDescription(text string) error {
	if n := utf8.RuneCountInString(text); n > maxDescriptionLength {
		return Errorf(ErrInvalid, "the description has %d characters; the limit is %d", n, maxDescriptionLength)
	}
	if !utf8.ValidString(text) {
		return Errorf(ErrInvalid, "the description has to be UTF-8")
	}
	if err := s.Deleted(); err != nil {
		return err
	}
	s.Description = text
	return nil
}

// Tag adds a tag or replaces its value: keys of 1 to 128 characters, values of up to
// 256, at most 50 tags (else [ErrLimit]).
func (s *Secret) Tag(key, value string) error {
	switch {
	case key == "" || utf8.RuneCountInString(key) > maxTagKeyLength:
		return Errorf(ErrInvalid, "a tag's key has 1 to %d characters; %.20q does not", maxTagKeyLength, key)
	case utf8.RuneCountInString(value) > maxTagValueLength:
		return Errorf(ErrInvalid, "the value of the tag %q is longer than %d characters", key, maxTagValueLength)
	case !utf8.ValidString(key), !utf8.ValidString(value):
		return Errorf(ErrInvalid, "the tag %q and its value have to be UTF-8", key)
	}
	if _, ok := s.Tags[key]; !ok && len(s.Tags) >= maxTags {
		return Errorf(ErrLimit, "%q has %d tags already, which is the limit", s.Name, maxTags)
	}
	if err := s.Deleted(); err != nil {
		return err
	}
	if s.Tags == nil {
		s.Tags = map[string]string{}
	}
	s.Tags[key] = value
	return nil
}

// SetResourcePolicy keeps a policy of AWS, which nothing enforces: at most 20480
// characters. An empty text removes it.
func (s *Secret) SetResourcePolicy(text string) error {
	if n := utf8.RuneCountInString(text); n > maxPolicyLength {
		return Errorf(ErrInvalid, "the policy has %d characters; the limit is %d", n, maxPolicyLength)
	}
	if !utf8.ValidString(text) {
		return Errorf(ErrInvalid, "the policy has to be UTF-8")
	}
	if err := s.Deleted(); err != nil {
		return err
	}
	s.ResourcePolicy = text
	return nil
}

// Untag removes a tag. The error is [ErrNotFound].
func (s *Secret) Untag(key string) error {
	if _, ok := s.Tags[key]; !ok {
		return Errorf(ErrNotFound, "%q has no tag %q", s.Name, key)
	}
	if err := s.Deleted(); err != nil {
		return err
	}
	delete(s.Tags, key)
	return nil
}

// ScheduleDeletion starts the recovery window with the commit: 7 to 30 days (DeleteSecret
// of AWS Secrets Manager).
func (s *Secret) ScheduleDeletion(days int) error {
	if days < 7 || days > 30 {
		return Errorf(ErrInvalid, "a recovery window has 7 to 30 days, not %d", days)
	}
	if err := s.Deleted(); err != nil {
		return err
	}
	s.Deletion = &Deletion{days: days}
	return nil
}

// Restore takes a scheduled deletion back. Restoring a secret that is not
// scheduled for deletion changes nothing.
func (s *Secret) Restore() error {
	if s.Deletion == nil {
		return ErrUnchanged
	}
	s.Deletion = nil
	return nil
}

// Deleted returns a [DeletedError] for a secret that is scheduled for deletion.
func (s *Secret) Deleted() error {
	if s.Deletion == nil {
		return nil
	}
	return &DeletedError{s.Name, s.Deletion.Due}
}

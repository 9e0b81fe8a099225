package rotate

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"example.org/secret/rotate/schedule"
	"example.org/secret/vault"
	"example.org/secret/vault/password"
)

const (
	maxEvents = 50

	// A service that is down for a night is not hammered by a cron job of every
	// minute: the wait doubles with each failure in a row.
	firstRetry = time.Minute
	lastRetry  = 6 * time.Hour
)

// ErrNotEnabled is returned for a secret that no rotator was ever set for.
var ErrNotEnabled = errors.New("rotation is not set up")

// Step is one of the four calls of a rotator.
type Step string

// The steps, in their order.
const (
	Create Step = "create"
	Set    Step = "set"
	Test   Step = "test"
	Finish Step = "finish"
)

// Rotation is the part of a secret's record that belongs to this package.
type Rotation struct {
	// Idle is made by Save, for [Idle]; it has to come first.
	Idle     string         `json:"idle,omitempty"`
	Enabled  bool           `json:"enabled"`
	Rotator  string         `json:"rotator"` // an absolute path, or a name in the rotators directory
	Args     []string       `json:"args,omitempty"`
	Schedule string         `json:"schedule,omitempty"` // none: rotated by hand only
	Timezone string         `json:"timezone,omitempty"` // IANA; UTC if empty
	Window   string         `json:"window,omitempty"`
	Timeout  int            `json:"timeout,omitempty"` // of a step, in seconds
	Password password.Rules `json:"password,omitzero"` // of generated passwords

	Since   time.Time `json:"since,omitzero"`   // when it was enabled
	Rotated time.Time `json:"rotated,omitzero"` // when labels last moved
	Run     *Run      `json:"run,omitempty"`    // under way, or to be finished
}

// Run is a rotation under way.
type Run struct {
	Token    string    `json:"token"` // the UUID of the pending version
	Step     Step      `json:"step"`  // the next to be done, or the one that was cut off
	Started  time.Time `json:"started"`
	Base     int       `json:"base"`               // the version that was current
	Called   bool      `json:"called,omitempty"`   // set was called: the value is perhaps applied
	Failures int       `json:"failures,omitempty"` // in a row
	Reason   string    `json:"reason,omitempty"`   // of the last failure
	RetryAt  time.Time `json:"retry_at,omitzero"`  // not before
}

// Event is a line of a secret's rotation log.
type Event struct {
	Time    time.Time `json:"time"`
	Outcome Outcome   `json:"outcome"`
	Version int       `json:"version,omitempty"`
	Step    Step      `json:"step,omitempty"`
	Reason  string    `json:"reason,omitempty"`
}

// Of returns what the record of a secret says about its rotation. The error is
// [ErrNotEnabled] or [vault.ErrDamaged].
func Of(name vault.Name, raw json.RawMessage) (Rotation, error) {
	var r Rotation
	if len(raw) == 0 {
		return r, fmt.Errorf("%q: %w", name, ErrNotEnabled)
	}
	if err := json.Unmarshal(raw, &r); err != nil {
		return r, fmt.Errorf("the rotation of %q: %w", name, vault.ErrDamaged)
	}
	return r, nil
}

// UnderWay reports whether a rotation of s has begun and its new value is not current
// yet.
func UnderWay(s *vault.Secret) bool {
	r, err := Of(s.Name, s.Rotation)
	return err == nil && r.Run != nil && r.Run.Step != Finish
}

// Save puts the rotation into the record of s.
func (r Rotation) Save(s *vault.Secret) error {
	r.Idle = r.idle()
	raw, err := json.Marshal(r)
	if err != nil {
		return err
	}
	s.Rotation = raw
	return nil
}

// idle is the time from the last rotation to the next, as from/to.
func (r Rotation) idle() string {
	from, to := r.last(), time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)
	s, err := r.ParseSchedule()
	if err != nil || r.Run != nil {
		return ""
	}
	if next, ok := s.Next(from); ok && r.Enabled && next.Before(to) {
		to = next
	}
	return from.UTC().Format(time.RFC3339) + "/" + to.UTC().Format(time.RFC3339)
}

// Idle reports whether a record says, without reading more of it, that nothing is
// due now. An hourly run asks this of every secret there is.
func Idle(raw json.RawMessage, now time.Time) bool {
	const length = len("2006-01-02T15:04:05Z")
	text, ok := bytes.CutPrefix(raw, []byte(`{"idle":"`))
	if !ok || len(text) < 2*length+1 {
		return false
	}
	at := now.UTC().Format(time.RFC3339)
	return string(text[:length]) <= at && at < string(text[length+1:2*length+1])
}

// timeout is that of a step.
func (r Rotation) timeout() time.Duration {
	if r.Timeout > 0 {
		return time.Duration(r.Timeout) * time.Second
	}
	return defaultTimeout
}

// ParseSchedule returns the rotation's schedule with its window. It is the zero
// Schedule, which is never due, if there is none.
func (r Rotation) ParseSchedule() (schedule.Schedule, error) {
	if r.Schedule == "" {
		return schedule.Schedule{}, nil
	}
	zone, err := schedule.ParseZone(r.Timezone)
	if err != nil {
		return schedule.Schedule{}, err
	}
	s, err := schedule.Parse(r.Schedule, zone)
	if err != nil || r.Window == "" {
		return s, err
	}
	return s.WithWindow(r.Window)
}

// Due says what is to be done at now. changed is when the current version was
// made, or zero if that is not known: a value that somebody set by hand counts as
// rotated, as with AWS.
func (r Rotation) Due(changed, now time.Time) (schedule.Status, error) {
	s, err := r.ParseSchedule()
	if err != nil || !r.Enabled {
		return schedule.Status{}, err
	}
	if r.Run != nil {
		// No wait is longer than lastRetry, unless the clock was wrong when it began.
		retryAt := r.Run.RetryAt
		if retryAt.After(now.Add(lastRetry)) {
			retryAt = now
		}
		return schedule.Status{Rotate: !now.Before(retryAt), Due: r.Run.Started, Opens: retryAt}, nil
	}
	last := r.last()
	if changed.After(last) {
		last = changed
	}
	return s.Status(last, now), nil
}

// last is when the secret was rotated, or else rotation was turned on.
func (r Rotation) last() time.Time {
	if r.Rotated.After(r.Since) {
		return r.Rotated
	}
	return r.Since
}

// Log returns what became of a secret's rotations, oldest first. The error is
// [vault.ErrDamaged].
func Log(s *vault.Secret) ([]Event, error) {
	var events []Event
	if len(s.RotationLog) == 0 {
		return nil, nil
	}
	if err := json.Unmarshal(s.RotationLog, &events); err != nil {
		return nil, fmt.Errorf("the rotation log of %q: %w", s.Name, vault.ErrDamaged)
	}
	return events, nil
}

func record(s *vault.Secret, e Event) error {
	events, err := Log(s)
	if err != nil {
		return err
	}
	events = append(events, e)
	s.RotationLog, err = json.Marshal(events[max(0, len(events)-maxEvents):])
	return err
}

func retryAfter(failures int) time.Duration {
	wait := firstRetry
	for range failures - 1 {
		if wait *= 2; wait >= lastRetry {
			return lastRetry
		}
	}
	return wait
}

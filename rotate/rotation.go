package rotate

import (
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

	// The wait doubles with each failure in a row, so that a cron job does not call a
	// service every minute while it is down for a night.
	firstRetry = time.Minute
	lastRetry  = 6 * time.Hour
)

// ErrNotEnabled is returned for a secret that never had a rotator.
var ErrNotEnabled = errors.New("rotation is not set up")

// Step is one of the calls of a rotator.
type Step string

// The steps of a rotation, in their order, and Describe, which is called outside of one.
const (
	Create   Step = "create"
	Set      Step = "set"
	Test     Step = "test"
	Finish   Step = "finish"
	Describe Step = "describe"
)

// Rotation is the part of a secret's record that this package reads and writes.
type Rotation struct {
	Idle     string         `json:"idle,omitempty"` // made by Save, for [Due]
	Enabled  bool           `json:"enabled"`
	Rotator  string         `json:"rotator"` // an absolute path, or a name in the rotators directory
	Args     []string       `json:"args,omitempty"`
	Schedule string         `json:"schedule,omitempty"` // none: rotated by hand only
	Timezone string         `json:"timezone,omitempty"` // IANA; UTC if empty
	Window   string         `json:"window,omitempty"`
	Timeout  int            `json:"timeout,omitempty"` // of a step, in seconds
	Grace    int            `json:"grace,omitempty"`   // seconds from the change of labels to finish
	Password password.Rules `json:"password,omitzero"` // of generated passwords

	// Lambda and Rules are the RotationLambdaARN and the RotationRules of AWS's API, as they
	// were given. Rotator, Schedule and Window have their meaning.
	Lambda string `json:"lambda,omitempty"`
	Rules  Rules  `json:"rules,omitzero"`

	Since   time.Time `json:"since,omitzero"`   // when it was enabled
	Rotated time.Time `json:"rotated,omitzero"` // when labels last moved
	Run     *Run      `json:"run,omitempty"`    // under way, or to be finished
}

// Rules are the RotationRules of AWS's API as they were given.
type Rules struct {
	Days       int    `json:"days,omitempty"`       // AutomaticallyAfterDays
	Expression string `json:"expression,omitempty"` // ScheduleExpression
	Duration   string `json:"duration,omitempty"`
}

// Run is a rotation under way.
type Run struct {
	Token    string    `json:"token"` // the id of the pending version
	Step     Step      `json:"step"`  // the next to be done, or the one that was cut off
	Started  time.Time `json:"started"`
	Base     int       `json:"base"`               // the version that was current
	Called   bool      `json:"called,omitempty"`   // set was called: the value is perhaps applied
	Failures int       `json:"failures,omitempty"` // in a row
	Reason   string    `json:"reason,omitempty"`   // of the last failure
	RetryAt  time.Time `json:"retry_at,omitzero"`  // not before
	// FinishAt is the end of the grace: before it, finish is called only if another
	// rotation begins. It is zero without a grace, and until the labels have moved.
	FinishAt time.Time `json:"finish_at,omitzero"`
}

// hasGrace reports whether the labels have moved and finish is left to a later run.
func (r *Run) hasGrace() bool { return r != nil && r.Step == Finish && !r.FinishAt.IsZero() }

// inGrace reports whether the grace lasts at now.
func (r *Run) inGrace(now time.Time) bool { return r.hasGrace() && now.Before(r.FinishAt) }

// Event is a line of a secret's rotation log.
type Event struct {
	Time    time.Time `json:"time"`
	Outcome Outcome   `json:"outcome"`
	Version int       `json:"version,omitempty"`
	Step    Step      `json:"step,omitempty"`
	Reason  string    `json:"reason,omitempty"`
}

// Of returns the rotation in the record raw of a secret. The error is [ErrNotEnabled]
// or [vault.ErrDamaged].
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
	r.Idle = r.idlePeriod()
	raw, err := json.Marshal(r)
	if err != nil {
		return err
	}
	s.Rotation = raw
	return nil
}

// timeout is the time that a step may take.
func (r Rotation) timeout() time.Duration {
	if r.Timeout > 0 {
		return time.Duration(r.Timeout) * time.Second
	}
	return defaultTimeout
}

// ParseSchedule returns the rotation's schedule with its window. Without a schedule it
// returns the zero Schedule, which is never due.
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

// Due reports whether the secret is to be rotated at now. changed is the time at which
// the current version was made, or zero if it is not known: as with AWS, a value that
// is set by hand counts as a rotation. A disabled rotation is due only to end a grace.
func (r Rotation) Due(changed, now time.Time) (schedule.Status, error) {
	s, err := r.ParseSchedule()
	if err != nil || !r.Enabled && !r.Run.hasGrace() {
		return schedule.Status{}, err
	}
	if r.Run != nil && (!r.Run.inGrace(now) || r.clockWasWrong(now)) {
		// A wait longer than lastRetry means that the clock was wrong when it began.
		retryAt := r.Run.RetryAt
		if retryAt.After(now.Add(lastRetry)) {
			retryAt = now
		}
		return schedule.Status{Rotate: !now.Before(retryAt), Due: r.Run.Started, Opens: retryAt}, nil
	}
	if !r.Enabled {
		return schedule.Status{}, nil
	}
	last := r.last()
	if changed.After(last) {
		last = changed
	}
	return s.Status(last, now), nil
}

// clockWasWrong reports whether the grace ends later than one that begins now. The same
// holds after the user has shortened it.
func (r Rotation) clockWasWrong(now time.Time) bool {
	return r.Run.hasGrace() && r.Run.FinishAt.After(now.Add(r.grace()))
}

func (r Rotation) grace() time.Duration { return time.Duration(r.Grace) * time.Second }

// last is the time of the last rotation, or else the time at which rotation was enabled.
func (r Rotation) last() time.Time {
	if r.Rotated.After(r.Since) {
		return r.Rotated
	}
	return r.Since
}

// Log returns the events of a secret's rotations, oldest first. The error is
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

// appendToLog adds an event to the log of s, and drops the oldest ones.
func appendToLog(s *vault.Secret, e Event) error {
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

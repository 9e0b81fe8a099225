package schedule

import "time"

// Status is the answer of a schedule for one secret at one moment. All times are in the
// schedule's zone.
type Status struct {
	// Rotate tells that the secret is due and that its window, if there are
	// windows, is open.
	Rotate bool
	// Due is when the secret fell due, or will. With windows it is the opening
	// of the first in which it may be rotated. It is zero if it never will be
	// due. A secret whose Due has passed is overdue, whether or not it may be
	// rotated now.
	Due time.Time
	// Opens is the earliest time at which the secret may be rotated: Due, or
	// if its window has passed, the opening of the window that is open now or
	// of the next. It is zero if no window will ever open again.
	Opens time.Time
	// Closes is the end of the window that opens at Opens, by which the secret
	// should have been rotated. It is zero without windows.
	Closes time.Time
	// Missed tells that a whole window has passed since the secret fell due. It
	// is always false without windows.
	Missed bool
}

// Status tells whether a secret that was last rotated at last may be rotated at
// now. For a secret that was never rotated, last is when rotation was turned
// on; a zero last makes it due at once. The package comment explains a last that lies in
// the future.
//
// Once the secret is rotated, a Status with that time as last is no longer
// Rotate, however many times went by unused.
func (s Schedule) Status(last, now time.Time) Status {
	// A monotonic reading would hide that the clock was set meanwhile.
	last, now = last.Round(0), now.Round(0)
	due, ok := s.due(last, now)
	if !ok {
		return Status{}
	}
	st := Status{Due: due, Opens: due}
	if s.window == 0 {
		st.Rotate = !due.After(now)
		return st
	}
	if st.Missed = !due.Add(s.window).After(now); st.Missed {
		if st.Opens, ok = s.windowAt(now); !ok {
			return st
		}
	}
	st.Closes = st.Opens.Add(s.window)
	st.Rotate = !st.Opens.After(now)
	return st
}

func (s Schedule) due(last, now time.Time) (time.Time, bool) {
	switch {
	case s.text == "":
		return time.Time{}, false
	case !last.IsZero() && !s.beyondBelief(last, now):
		return s.Next(last)
	case s.window > 0:
		return s.windowAt(now)
	}
	return now.In(s.opens.loc), true
}

// windowAt returns when the window that is open at now opened or, if none is,
// when the next will.
func (s Schedule) windowAt(now time.Time) (time.Time, bool) {
	return s.opens.next(now.Add(-s.window))
}

// beyondBelief tells that last is so far ahead of now that the clock which
// wrote it was wrong.
//
// A cron is given two fire times where an interval is given one period: a fire
// time may lie within the few minutes by which the clocks of two machines
// differ, and each would undo the other's rotation while it does.
func (s Schedule) beyondBelief(last, now time.Time) bool {
	if !last.After(now) {
		return false
	}
	// The answer before a window opens must still hold when it does.
	from := now
	if s.window > 0 {
		opens, ok := s.windowAt(now)
		if !ok {
			return false
		}
		if opens.After(now) {
			from = opens
		}
	}
	if s.every > 0 {
		return last.After(from.Add(s.every))
	}
	fire, ok := s.opens.next(from)
	if ok {
		fire, ok = s.opens.next(fire)
	}
	return ok && last.After(fire)
}

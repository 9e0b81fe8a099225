package rotate_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"testing"
	"time"

	"example.org/secret/rotate"
	"example.org/secret/vault"
)

// TestSoak rotates secrets every six hours for a month, by a run every hour, with
// rotators that fail one time in five at any step.
//
// A secret's labels move at the first run six hours or more after they last moved, and at
// no other, unless that run is held up: its rotator fails or dies, it calls finish of the
// last rotation instead, or it waits after failures. A run that is held up puts the next
// rotation off by one hour. So of the runs that were not held up, each sixth makes a
// rotation.
func TestSoak(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("takes several seconds")
	}
	secrets, days := 20, 7
	if os.Getenv("SECRET_TEST_LONG") != "" {
		secrets, days = 200, 30
	}
	r := newRig(t)
	var soaked []*soak
	for i := range secrets {
		name := vault.Name(fmt.Sprint("db", i))
		r.add(name)
		s := &soak{
			world:  &world{rig: r, name: name, seen: map[int]vault.Version{}},
			random: rand.New(rand.NewPCG(1, uint64(i))), moved: r.now,
		}
		s.check()
		soaked = append(soaked, s)
	}
	runs := days * 24
	for range runs {
		r.now = r.now.Add(time.Hour)
		for _, s := range soaked {
			s.hour()
		}
	}
	held := 0
	for _, s := range soaked {
		if want := (runs - s.held) / 6; s.rotations != want {
			t.Errorf("%s was rotated %d times; of %d runs %d were held up, which makes it %d", s.name, s.rotations, runs,
				s.held, want)
		}
		held += s.held
		s.ends()
	}
	if held < secrets*days/3 {
		t.Errorf("only %d runs were held up", held)
	}
}

// soak is a secret of the soak with the number of rotations that it should have.
type soak struct {
	*world
	random          *rand.Rand
	moved           time.Time // when the labels last did
	retry           time.Time // after failures
	failures        int
	rotations, held int
}

// hour is one run of rotate --due, which reads all secrets and rotates those that
// are due.
func (s *soak) hour() {
	secret, before := s.get(s.name)
	status, err := before.Due(rotate.CurrentSince(secret), s.now)
	must(s.t, err)
	due, waits := !s.now.Before(s.moved.Add(6*time.Hour)), s.now.Before(s.retry)
	if !status.Rotate {
		if due && !waits {
			s.t.Fatalf("%s is not due %v after the last time", s.name, s.now.Sub(s.moved))
		}
		if due {
			s.held++
		}
		return
	}
	version := s.current
	struck, died := s.disturb()
	switch moved := s.current != version; {
	case moved && (!due || waits):
		s.t.Fatalf("%s was rotated %v after the last time, and waits until %v", s.name, s.now.Sub(s.moved), s.retry)
	case moved:
		s.rotations++
		s.moved, s.failures, s.retry = s.now, 0, time.Time{}
	case due:
		s.held++
		if owed := before.Run != nil && before.Run.Step == finish; !struck && !owed {
			s.t.Fatalf("%s was due and nothing kept it from being rotated", s.name)
		}
	}
	if struck && !died {
		s.failures++
		s.retry = s.now.Add(min(time.Minute<<(s.failures-1), 6*time.Hour))
	}
	if _, after := s.get(s.name); after.Run == nil {
		s.failures, s.retry = 0, time.Time{}
	}
}

// disturb rotates with a rotator that fails one time in five.
func (s *soak) disturb() (struck, died bool) {
	faulty := s.random.IntN(5) == 0
	step := []rotate.Step{create, set, test, finish}[s.random.IntN(4)]
	late, dead := s.random.IntN(2) == 0, s.random.IntN(2) == 0
	strike := func(c rotate.Call, now bool) error {
		s.check()
		s.sent(c)
		if !faulty || struck || !now || c.Step != step {
			return nil
		}
		struck = true
		if dead {
			return die()
		}
		return fail()
	}
	s.before = func(c rotate.Call) error { return strike(c, !late) }
	s.after = func(c rotate.Call) error { return strike(c, late) }
	died = dies(func() { s.engine.Rotate(context.Background(), s.name, rotate.IfDue) })
	s.before, s.after = nil, nil
	s.check()
	return struck, died
}

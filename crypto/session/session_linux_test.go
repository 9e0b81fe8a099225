package session_test

import (
	"crypto/rand"
	"errors"
	"testing"
	"time"

	"example.org/secret/crypto/session"
)

// newID is an id that no other test, or user of this machine, has.
func newID(t *testing.T) string {
	t.Helper()
	id := "test-" + rand.Text()
	if err := session.Open(id, "key", time.Minute); errors.Is(err, session.ErrUnavailable) {
		t.Skip(err) // as in most containers
	} else if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = session.Close(id) })
	return id
}

func TestSessionIsReadUntilItIsClosed(t *testing.T) {
	id := newID(t)
	if key, err := session.Get(id); err != nil || key != "key" {
		t.Fatalf("got %q, %v", key, err)
	}
	if err := session.Open(id, "other", time.Minute); err != nil {
		t.Fatal(err)
	}
	if key, err := session.Get(id); err != nil || key != "other" {
		t.Fatalf("got %q, %v after opening it anew", key, err)
	}
	for range 2 {
		if err := session.Close(id); err != nil {
			t.Fatal(err)
		}
		if key, err := session.Get(id); !errors.Is(err, session.ErrClosed) {
			t.Fatalf("got %q, %v from a closed session", key, err)
		}
	}
}

func TestSessionEndsByItself(t *testing.T) {
	id := newID(t)
	if err := session.Open(id, "key", time.Second); err != nil {
		t.Fatal(err)
	}
	deadline := time.Now().Add(30 * time.Second)
	for {
		if _, err := session.Get(id); errors.Is(err, session.ErrClosed) {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("a session of one second is still open after thirty")
		}
		time.Sleep(50 * time.Millisecond)
	}
}

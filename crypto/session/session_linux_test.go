package session_test

import (
	"crypto/rand"
	"errors"
	"testing"
	"time"

	"example.org/secret/crypto/session"
)

var kernel session.Kernel

// newID returns an id that no other test and no other user of this machine has.
func newID(t *testing.T) string {
	t.Helper()
	id := "test-" + rand.Text()
	if err := kernel.Open(id, "key", time.Minute); errors.Is(err, session.ErrUnavailable) {
		t.Skip(err) // as in most containers
	} else if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = kernel.Close(id) })
	return id
}

func TestSessionIsReadUntilItIsClosed(t *testing.T) {
	id := newID(t)
	if key, err := kernel.Get(id); err != nil || key != "key" {
		t.Fatalf("got %q, %v", key, err)
	}
	if err := kernel.Open(id, "other", time.Minute); err != nil {
		t.Fatal(err)
	}
	if key, err := kernel.Get(id); err != nil || key != "other" {
		t.Fatalf("got %q, %v after opening it anew", key, err)
	}
	for range 2 {
		if err := kernel.Close(id); err != nil {
			t.Fatal(err)
		}
		if key, err := kernel.Get(id); !errors.Is(err, session.ErrClosed) {
			t.Fatalf("got %q, %v from a closed session", key, err)
		}
	}
}

func TestSessionEndsByItself(t *testing.T) {
	id := newID(t)
	if err := kernel.Open(id, "key", time.Second); err != nil {
		t.Fatal(err)
	}
	deadline := time.Now().Add(30 * time.Second)
	for {
		if _, err := kernel.Get(id); errors.Is(err, session.ErrClosed) {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("a session of one second is still open after thirty")
		}
		time.Sleep(50 * time.Millisecond)
	}
}

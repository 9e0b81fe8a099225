package vault_test

import (
	"fmt"
	"sync"
	"testing"

	"example.org/secret/vault"
)

// Writers in one process and in several handles on the vault: no version is
// lost, no reader sees half of one.
func TestConcurrentUpdates(t *testing.T) {
	_, dir, c := newVault(t)
	const writers, rounds = 4, 15
	set(t, openVault(t, dir, options(c)), "shared", "0")
	var wg sync.WaitGroup
	for writer := range writers {
		v := openVault(t, dir, options(c))
		wg.Go(func() {
			own := vault.Name(fmt.Sprintf("own-%d", writer))
			for round := range rounds {
				value := fmt.Sprintf("%d of %d", round, writer)
				for _, name := range []vault.Name{"shared", own} {
					if _, err := v.Upsert(name, func(s *vault.Secret) error { return s.Add(text(value)) }); err != nil {
						t.Error(err)
						return
					}
				}
				s, err := v.Get(own)
				if err != nil || string(s.Versions[len(s.Versions)-1].Plain) != value || len(s.Versions) != round+1 {
					t.Errorf("%s: %v", own, err)
				}
				if listing, err := v.List(); err != nil || len(listing.Damaged) > 0 {
					t.Errorf("List: %v, %v", listing.Damaged, err)
				}
			}
		})
	}
	wg.Wait()
	s, err := openVault(t, dir, options(c)).Get("shared")
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for i, version := range s.Versions {
		if version.Number != i+1 {
			t.Fatalf("version %d stands at %d", version.Number, i+1)
		}
		seen[string(version.Plain)] = true
	}
	if len(s.Versions) != 1+writers*rounds || len(seen) != len(s.Versions) || s.Revision != len(s.Versions) {
		t.Errorf("%d versions, %d of them different, revision %d; want %d", len(s.Versions), len(seen), s.Revision,
			1+writers*rounds)
	}
}

// A reader finds a secret that is being renamed under one of its names.
func TestReadingWhileRenaming(t *testing.T) {
	v, dir, c := newVault(t)
	set(t, v, "a", "one")
	reader := openVault(t, dir, options(c))
	done := make(chan struct{})
	go func() {
		defer close(done)
		names := []vault.Name{"a", "b"}
		for i := range 30 {
			if _, err := v.Rename(names[i%2], names[(i+1)%2]); err != nil {
				t.Error(err)
				return
			}
		}
	}()
	for reading := true; reading; {
		select {
		case <-done:
			reading = false
		default:
		}
		listing, err := reader.List()
		if err != nil || len(listing.Damaged) > 0 || len(listing.Secrets) != 1 {
			t.Errorf("List: %+v, %v", listing, err)
		}
	}
}

package keyring_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"example.org/secret/crypto/keyring"
	"example.org/secret/crypto/keyring/keyringtest"
)

const (
	account = "0d9cf7ab-6a50-4a5f-9b3d-7a1a3c9f5e11"
	value   = "AGE-SECRET-KEY-PQ-1EXAMPLE"
)

func osKeyring(timeout time.Duration) keyring.OS {
	return keyring.OS{Getenv: os.Getenv, Timeout: timeout}
}

func startFake(t *testing.T, fake *keyringtest.Fake) {
	t.Helper()
	address, _ := keyringtest.Bus(t)
	fake.Start(t, address)
	keyringtest.Use(t, address)
}

// roundTrip checks a keyring that works.
func roundTrip(t *testing.T, k keyring.OS) {
	t.Helper()
	if _, err := k.Get(account); !errors.Is(err, keyring.ErrNotFound) {
		t.Errorf("Get of a missing entry: %v", err)
	}
	if _, err := quiet(k).Get(account); !errors.Is(err, keyring.ErrNotFound) {
		t.Errorf("quiet Get of a missing entry: %v", err)
	}
	if err := k.Delete(account); err != nil {
		t.Errorf("Delete of a missing entry: %v", err)
	}
	for _, want := range []string{"an earlier one", value} {
		if err := k.Set(account, want); err != nil {
			t.Fatalf("Set: %v", err)
		}
	}
	if err := k.Set("another account", "another value"); err != nil {
		t.Fatalf("Set: %v", err)
	}
	if got, err := k.Get(account); got != value || err != nil {
		t.Errorf("Get = %q, %v", got, err)
	}
	if got, err := quiet(k).Get(account); got != value || err != nil {
		t.Errorf("quiet Get = %q, %v", got, err)
	}
	if err := k.Delete(account); err != nil {
		t.Errorf("Delete: %v", err)
	}
	if _, err := k.Get(account); !errors.Is(err, keyring.ErrNotFound) {
		t.Errorf("Get of a deleted entry: %v", err)
	}
}

func TestGnome(t *testing.T) {
	gnome := keyringtest.StartGnome(t)
	keyringtest.Use(t, gnome.Address)
	k := osKeyring(10 * time.Second)
	roundTrip(t, k)
	if err := k.Set(account, value); err != nil {
		t.Fatal(err)
	}
	gnome.Lock(t)
	expectLocked(t, k)
}

func TestGnomeWithoutKeyring(t *testing.T) {
	gnome := keyringtest.StartGnomeWithoutKeyring(t)
	keyringtest.Use(t, gnome.Address)
	k := osKeyring(10 * time.Second)
	if err := k.Set(account, value); !errors.Is(err, keyring.ErrLocked) || !strings.Contains(err.Error(), "not been "+
		"set up yet") {
		t.Errorf("Set: %v", err)
	}
}

func expectLocked(t *testing.T, k keyring.OS) {
	t.Helper()
	_, getErr := k.Get(account)
	_, quietErr := quiet(k).Get(account)
	for call, err := range map[string]error{
		"Get": getErr, "quiet Get": quietErr,
		"Set": k.Set(account, value), "Delete": k.Delete(account),
	} {
		if !errors.Is(err, keyring.ErrLocked) {
			t.Errorf("%s: %v", call, err)
		}
	}
}

func TestCollections(t *testing.T) {
	for _, collection := range []string{"login", "Passwords"} {
		t.Run(collection, func(t *testing.T) {
			startFake(t, &keyringtest.Fake{Collection: collection})
			roundTrip(t, osKeyring(10*time.Second))
		})
	}
}

func TestReadTakesThreeCalls(t *testing.T) {
	fake := &keyringtest.Fake{}
	startFake(t, fake)
	k := osKeyring(10 * time.Second)
	if err := k.Set(account, value); err != nil {
		t.Fatal(err)
	}
	fake.Calls()
	if _, err := k.Get(account); err != nil {
		t.Fatal(err)
	}
	if got, want := fake.Calls(), []string{"SearchItems", "OpenSession", "GetSecret"}; !slices.Equal(got, want) {
		t.Errorf("Get called %v, not %v", got, want)
	}
}

func TestPrompts(t *testing.T) {
	for _, test := range []struct {
		name string
		fake *keyringtest.Fake
		want error // of Set
	}{
		{"unlocked by its user", &keyringtest.Fake{Unlocking: keyringtest.Accepted}, nil},
		{"allowed by its user", &keyringtest.Fake{Storing: keyringtest.Accepted}, nil},
		{"unlocking is dismissed", &keyringtest.Fake{Unlocking: keyringtest.Dismissed}, keyring.ErrLocked},
		{"storing is dismissed", &keyringtest.Fake{Storing: keyringtest.Dismissed}, keyring.ErrNotStored},
		{"unlocking is not answered", &keyringtest.Fake{Unlocking: keyringtest.Unanswered}, keyring.ErrTimeout},
		{"storing is not answered", &keyringtest.Fake{Storing: keyringtest.Unanswered}, keyring.ErrTimeout},
		{"forgetful", &keyringtest.Fake{Forgets: true}, keyring.ErrNotStored},
		{"empty", &keyringtest.Fake{Answer: func(string) string { return "" }}, keyring.ErrNotStored},
		{"mangling", &keyringtest.Fake{Answer: strings.ToLower}, keyring.ErrNotStored},
		{"talking nonsense", &keyringtest.Fake{Nonsense: true}, keyring.ErrUnavailable},
	} {
		t.Run(test.name, func(t *testing.T) {
			startFake(t, test.fake)
			timeout := 10 * time.Second
			if errors.Is(test.want, keyring.ErrTimeout) {
				timeout = 300 * time.Millisecond
			}
			if err := osKeyring(timeout).Set(account, value); !errors.Is(err, test.want) {
				t.Errorf("Set: %v, not %v", err, test.want)
			}
		})
	}
}

func TestLockedIsNotPromptedFor(t *testing.T) {
	fake := &keyringtest.Fake{}
	startFake(t, fake)
	k := osKeyring(10 * time.Second)
	if err := k.Set(account, value); err != nil {
		t.Fatal(err)
	}
	fake.Change(func(f *keyringtest.Fake) { f.Unlocking = keyringtest.Unanswered })
	fake.Calls()
	if _, err := quiet(k).Get(account); !errors.Is(err, keyring.ErrLocked) {
		t.Errorf("quiet Get: %v", err)
	}
	if calls := fake.Calls(); slices.Contains(calls, "Unlock") || slices.Contains(calls, "Prompt") {
		t.Errorf("quiet Get called %v", calls)
	}
	fake.Change(func(f *keyringtest.Fake) { f.Unlocking = keyringtest.Accepted })
	if got, err := k.Get(account); got != value || err != nil {
		t.Errorf("Get with a prompt = %q, %v", got, err)
	}
}

// The library would panic.
func TestBusEndsDuringPrompt(t *testing.T) {
	address, stop := keyringtest.Bus(t)
	fake := &keyringtest.Fake{Unlocking: keyringtest.Unanswered, Prompted: stop}
	fake.Start(t, address)
	keyringtest.Use(t, address)
	if err := osKeyring(20*time.Second).Set(account, value); !errors.Is(err, keyring.ErrUnavailable) {
		t.Errorf("Set: %v", err)
	}
}

func TestNoService(t *testing.T) {
	address, _ := keyringtest.Bus(t)
	keyringtest.Use(t, address)
	if _, err := osKeyring(10 * time.Second).Get(account); !errors.Is(err, keyring.ErrUnavailable) {
		t.Errorf("Get: %v", err)
	}
}

// A program named dbus-launch would be run for any of these.
func TestNoBus(t *testing.T) {
	ran := plantDbusLaunch(t)
	addresses := []string{"unix:path=/nonexistent/bus", "nonsense"}
	if _, err := os.Stat(fmt.Sprintf("/run/user/%d/bus", os.Getuid())); err != nil {
		// Otherwise these lead to the keyring of the user who runs the tests.
		addresses = append(addresses, "", "autolaunch:", "autolaunch:scope=user")
	}
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "")
	for _, address := range addresses {
		k := keyring.OS{Getenv: func(string) string { return address }, Timeout: 10 * time.Second}
		if err := k.Set(account, value); !errors.Is(err, keyring.ErrUnavailable) {
			t.Errorf("Set with the bus %q: %v", address, err)
		}
		if _, err := k.Get(account); !errors.Is(err, keyring.ErrUnavailable) {
			t.Errorf("Get with the bus %q: %v", address, err)
		}
	}
	if _, err := os.Stat(ran); err == nil {
		t.Error("dbus-launch was run")
	}
}

// plantDbusLaunch returns the path of a file that appears when it runs.
func plantDbusLaunch(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	ran := filepath.Join(dir, "ran")
	script := "#!/bin/sh\n: >" + ran + "\necho DBUS_SESSION_BUS_ADDRESS=unix:path=/nonexistent\n"
	if err := os.WriteFile(filepath.Join(dir, "dbus-launch"), []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
	return ran
}

func quiet(k keyring.OS) keyring.OS {
	k.Quiet = true
	return k
}

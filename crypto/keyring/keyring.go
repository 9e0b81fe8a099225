package keyring

import (
	"errors"
	"fmt"
	"os/exec"
	"time"

	gokeyring "github.com/zalando/go-keyring"
)

// service is the same for all vaults; the account tells them apart.
const service = "secret"

var (
	// ErrUnavailable means that there is no keyring: no session bus, no service on it, or none for this platform.
	ErrUnavailable = errors.New("no keyring is available")
	// ErrLocked means that the keyring stays locked: no user unlocked it, or the user dismissed the prompt.
	ErrLocked = errors.New("the keyring is locked")
	// ErrNotFound means that the keyring has no entry for the account.
	ErrNotFound = errors.New("no such entry in the keyring")
	// ErrTimeout means that the keyring did not answer within [OS.Timeout].
	ErrTimeout = errors.New("the keyring did not answer in time")
	// ErrNotStored means that the keyring accepted an entry and does not have it.
	ErrNotStored = errors.New("the keyring did not keep the key")

	errNonsense = errors.New("its answer makes no sense")
)

// OS is the keyring of the operating system.
type OS struct {
	// Getenv looks up the address of the session bus on Linux.
	Getenv func(string) string
	// Timeout bounds each call. Where the keyring may show a prompt it must leave the user the time to answer.
	Timeout time.Duration
	// Quiet keeps Get from causing a prompt, for shell completion. A keyring that would have to ask counts as locked. On
	// macOS there is no such mode: a keychain that its owner locked while logged in does prompt.
	Quiet bool
}

// Get returns the entry of account. It may make the keyring prompt its user, unless k is quiet.
func (k OS) Get(account string) (string, error) {
	if k.Quiet {
		return k.call(func() (string, error) { return getQuietly(account) })
	}
	return k.call(func() (string, error) { return get(account) })
}

// Set stores value for account and reads it back. It returns [ErrNotStored] if the keyring reports success and does not
// have the value afterwards.
func (k OS) Set(account, value string) error {
	_, err := k.call(func() (string, error) { return "", gokeyring.Set(service, account, value) })
	if err != nil {
		return err
	}
	stored, err := k.Get(account)
	if errors.Is(err, ErrNotFound) || (err == nil && stored != value) {
		return ErrNotStored
	}
	return err
}

// Delete removes the entry of account. It returns nil if there is none.
func (k OS) Delete(account string) error {
	_, err := k.call(func() (string, error) { return "", gokeyring.Delete(service, account) })
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	return err
}

// call bounds f, which the library cannot cancel. A call that takes longer is left behind, since this process is about
// to end.
func (k OS) call(f func() (string, error)) (string, error) {
	if err := k.reachable(); err != nil {
		return "", err
	}
	type result struct {
		value string
		err   error
	}
	done := make(chan result, 1)
	go func() {
		// The library panics if a service sends another type than it expects, or if the bus ends during a prompt.
		defer func() {
			if recover() != nil {
				done <- result{err: errNonsense}
			}
		}()
		value, err := f()
		done <- result{value, err}
	}()
	timer := time.NewTimer(k.Timeout)
	defer timer.Stop()
	select {
	case r := <-done:
		return r.value, classify(r.err)
	case <-timer.C:
		return "", fmt.Errorf("%w (%v)", ErrTimeout, k.Timeout)
	}
}

// classify returns the package's error for an error of the platform. Several platforms report only a text or an exit
// code.
func classify(err error) error {
	if err == nil {
		return nil
	}
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		err = classifySecurity(exit)
	}
	err = classifyBus(err)
	switch {
	case errors.Is(err, gokeyring.ErrNotFound):
		return ErrNotFound
	case errors.Is(err, gokeyring.ErrSetDataTooBig):
		return fmt.Errorf("%w: %w", ErrNotStored, err)
	case errors.Is(err, ErrNotFound), errors.Is(err, ErrLocked):
		return err
	}
	return fmt.Errorf("%w: %w", ErrUnavailable, err)
}

// classifySecurity knows the exit statuses of macOS's program security, which are an OSStatus modulo 256. The library
// drops its messages, all but one English phrase.
func classifySecurity(exit *exec.ExitError) error {
	switch exit.ExitCode() {
	case 36, 51, 128: // interaction not allowed, authorisation failed, user cancelled
		return ErrLocked
	case 44: // item not found
		return ErrNotFound
	}
	return exit
}

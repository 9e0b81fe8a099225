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
	// ErrUnavailable means that there is no keyring here: no session bus, no
	// service on it, or none for this platform.
	ErrUnavailable = errors.New("no keyring is available")
	// ErrLocked means that there is a keyring, but it stays locked: nobody was
	// there to unlock it, or the prompt was dismissed.
	ErrLocked = errors.New("the keyring is locked")
	// ErrNotFound means that the keyring has no entry for the account.
	ErrNotFound = errors.New("no such entry in the keyring")
	// ErrTimeout means that the keyring did not answer within [OS.Timeout].
	ErrTimeout = errors.New("the keyring did not answer in time")
	// ErrNotStored means that the keyring took an entry and does not have it.
	ErrNotStored = errors.New("the keyring did not keep the key")

	errNonsense = errors.New("its answer makes no sense")
)

// OS is the keyring of the operating system.
type OS struct {
	// Getenv looks up the address of the session bus on Linux.
	Getenv func(string) string
	// Timeout bounds each call. It has to leave a person the time to answer the
	// keyring's own prompt where one can appear.
	Timeout time.Duration
}

// Get returns the entry of account. It may make the keyring prompt its user.
func (k OS) Get(account string) (string, error) {
	return k.call(func() (string, error) { return get(account) })
}

// GetWithoutPrompt is Get for callers who must not cause a prompt, such as shell
// completion. A keyring that would have to ask counts as locked. The program that
// we ask on macOS knows no such mode: a keychain that its owner locked while
// logged in does prompt.
func (k OS) GetWithoutPrompt(account string) (string, error) {
	return k.call(func() (string, error) { return getQuietly(account) })
}

// Set stores value for account and reads it back. It returns [ErrNotStored] if
// the keyring claims success and does not have the value afterwards.
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

// Delete removes the entry of account, which need not exist.
func (k OS) Delete(account string) error {
	_, err := k.call(func() (string, error) { return "", gokeyring.Delete(service, account) })
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	return err
}

// call bounds f, which the library offers no way to cancel. A call that outlives
// its bound is left behind: this process is about to give up anyway.
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
		// The library asserts the types of what services send, and of nothing
		// at all when the bus goes away during a prompt.
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

// classify turns what the platforms report into our errors. Several of them
// arrive as bare text or exit codes; there is nothing better to look at.
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

// classifySecurity knows the exit statuses of macOS's security program, which are
// an OSStatus modulo 256. The library drops its words, all but one English phrase.
func classifySecurity(exit *exec.ExitError) error {
	switch exit.ExitCode() {
	case 36, 51, 128: // interaction not allowed, authorisation failed, user cancelled
		return ErrLocked
	case 44: // item not found
		return ErrNotFound
	}
	return exit
}

//go:build unix

package rotators_test

import (
	"sync/atomic"
	"testing"
	"time"
)

// keepLoggingIn rotates a few times while an application logs in all the time with the
// value that it reads from the vault: the current one or, unless strict, the pending
// one.
func keepLoggingIn(t *testing.T, d *driver, login func(user, password string) bool, strict bool) {
	t.Helper()
	var vault atomic.Pointer[versions]
	publish := func() {
		v := d.versions
		vault.Store(&v)
	}
	publish()
	stop, done := make(chan struct{}), make(chan int)
	go func() {
		logins := 0
		pace := time.NewTicker(10 * time.Millisecond)
		defer pace.Stop()
		for ; ; logins++ {
			select {
			case <-stop:
				done <- logins
				return
			case <-pace.C:
			}
			v := vault.Load()
			if logsIn(v.current, login) || !strict && logsIn(v.pending, login) || vault.Load() != v {
				continue
			}
			t.Errorf("login %d: no value that the vault shows is accepted", logins)
		}
	}()
	for _, password := range []string{"the second", "the third", "the fourth"} {
		d.create(password)
		publish()
		d.must("set")
		d.must("test")
		d.promote()
		publish()
		d.must("finish")
	}
	close(stop)
	if logins := <-done; logins < 3 {
		t.Errorf("the application logged in %d times only", logins)
	}
}

func logsIn(f fields, login func(user, password string) bool) bool {
	return f != nil && login(f["username"], f["password"])
}

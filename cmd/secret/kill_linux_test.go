package main

import (
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"example.org/secret/rotate/servicetest"
)

// TestKilledRotation ends real runs at each boundary between their steps and at
// the system calls of the commits between them, ends their rotators, and stops
// the database, while applications log in.
func TestKilledRotation(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long")
	}
	long := os.Getenv("SECRET_TEST_LONG") != ""
	for _, rotator := range []string{"postgres", "postgres-alternating"} {
		t.Run(rotator, func(t *testing.T) {
			t.Parallel()
			server := servicetest.Postgres(t)
			s := newSite(t, server, "app", rotator)
			stop := s.application(rotator == "postgres-alternating")
			defer stop() // also after Fatal: it must not outlive the test
			s.killedAtSteps(long)
			s.killedAtCalls(long)
			stop()
			s.withoutServer(long)
		})
	}
}

// TestKilledAWSFunction ends runs whose rotator is a rotation function of AWS.
func TestKilledAWSFunction(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long")
	}
	if exec.Command("python3", "-c", "import boto3, psycopg2").Run() != nil {
		servicetest.Missing(t, "not installed: boto3 and psycopg2 for python3")
	}
	for _, function := range []string{"single_user.py", "alternating_users.py"} {
		t.Run(function, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, servicetest.Postgres(t), "app", function)
			stop := s.application(function == "alternating_users.py")
			defer stop()
			s.killedAtSteps(os.Getenv("SECRET_TEST_LONG") != "")
		})
	}
}

// application logs in all the time. With alternating users the current value
// always works; with one user the pending or the previous one may have to help.
func (s *site) application(always bool) (stop func()) {
	ended, told := make(chan int), make(chan struct{})
	go func() {
		logins := 0
		for ; ; logins++ {
			select {
			case <-told:
				ended <- logins
				return
			case <-time.After(200 * time.Millisecond): // leave some of the machine to the others
			}
			if !always {
				if !s.canLogin() {
					s.t.Errorf("login %d: an application is locked out", logins)
				}
				continue
			}
			before, _ := s.get("current")
			in := s.login(before)
			if after, _ := s.get("current"); !in && after.ID == before.ID {
				s.t.Errorf("login %d: the current value does not work", logins)
			}
		}
	}()
	return sync.OnceFunc(func() {
		close(told)
		if logins := <-ended; logins < 3 && !s.t.Failed() {
			s.t.Errorf("the application logged in %d times", logins)
		}
	})
}

// killedAtSteps kills the run, and the rotator, before and after each step.
func (s *site) killedAtSteps(all bool) {
	for _, who := range []string{"parent", "rotator"} {
		for _, step := range []string{"create", "set", "test", "finish"} {
			for _, at := range []string{"before", "after"} {
				blow := at + " " + step + " " + who
				if short := []string{"before set parent", "after set parent", "after test parent", "after set rotator"}; !all &&
					!slices.Contains(short, blow) {
					continue
				}
				s.plan(blow)
				first, stoodAt := s.due(blow, func() ran { return s.run(nil, "", "rotate", "--due") })
				if killed := first.code < 0; killed != (who == "parent") || first.code == 0 || stoodAt != step {
					s.t.Errorf("%s: it exits with %d at the step %q: %s%s", blow, first.code, stoodAt, first.stdout, first.stderr)
				}
			}
		}
	}
}

// traced are the system calls that write, and those around them.
var traced = []string{"openat", "write", "fsync", "renameat", "unlinkat", "close", "flock", "newfstatat", "read"}

// killedAtCalls kills the run as it enters a system call on the vault. strace
// counts the calls of each thread by itself, and a run wanders from one thread to
// another: from the start its later calls are reached by chance only. So a run
// that is to be hit later begins where another was killed between two steps.
func (s *site) killedAtCalls(long bool) {
	if _, err := exec.LookPath("strace"); err != nil {
		servicetest.Missing(s.t, "not installed: strace")
	}
	starts, calls, most := []string{"", "after set parent"}, []string{"renameat"}, 2
	if long {
		starts = []string{""}
		for _, step := range []string{"create", "set", "test", "finish"} {
			starts = append(starts, "before "+step+" parent", "after "+step+" parent")
		}
		calls, most = traced, 40
	}
	stoodAt := map[string]int{}
	kills := 0
	for _, start := range starts {
		if long && start != "" {
			calls = []string{"fsync", "renameat"} // which the rest of a commit stands between
		}
		for _, call := range calls {
			for n := 1; n <= most; n++ {
				blow := strings.TrimSpace(fmt.Sprintf("%s, killed at %s %d", start, call, n))
				first, step := s.due(blow, func() ran {
					if start != "" {
						s.plan(start)
						s.run(nil, "", "rotate", "--due")
					}
					return s.run(s.strace(call, n), "", "rotate", "--due")
				})
				if first.code >= 0 {
					break // it makes no more such calls
				}
				kills++
				stoodAt[step]++
			}
		}
	}
	s.t.Logf("%d kills, at the steps %v", kills, stoodAt)
	steps := slices.Sorted(maps.Keys(stoodAt))
	if want := []string{"", "create", "finish", "set", "test"}; long && !slices.Equal(steps, want) {
		s.t.Errorf("kills left it at the steps %v, want each of %v", steps, want)
	}
}

// strace kills a run as it enters its n-th system call of a kind on a file of the
// vault, which the rotator never touches.
func (s *site) strace(call string, n int) []string {
	strace := []string{
		"strace", "-f", "-qq", "-o", os.DevNull, "-e", "trace=" + call,
		"-e", fmt.Sprintf("inject=%s:signal=KILL:when=%d", call, n),
	}
	vault := filepath.Join(s.home, "home/.local/share/secret/vault")
	paths := []string{filepath.Join(vault, "secrets/.new")}
	err := filepath.WalkDir(vault, func(path string, _ os.DirEntry, err error) error {
		paths = append(paths, path)
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
	for _, path := range paths {
		strace = append(strace, "-P", path)
	}
	return strace
}

// withoutServer stops the database between the steps.
func (s *site) withoutServer(all bool) {
	for _, step := range []string{"create", "set", "test", "finish"} {
		for _, at := range []string{"before", "after"} {
			blow := at + " " + step + " ask"
			if !all && blow != "after set ask" {
				continue
			}
			s.plan(blow)
			s.due("server stopped "+at+" "+step, func() ran {
				go s.answer(s.server.Kill)
				defer s.server.Start()
				return s.run(nil, "", "rotate", "--due")
			})
		}
	}
}

// answer waits for the question of the rotator, calls do and lets the rotator go on.
func (s *site) answer(do func()) {
	if _, err := os.ReadFile(filepath.Join(s.home, "home/ask")); err != nil {
		s.t.Error(err)
	}
	do()
	if err := os.WriteFile(filepath.Join(s.home, "home/answer"), []byte("go\n"), 0); err != nil {
		s.t.Error(err)
	}
}

//go:build unix

package servicetest_test

import (
	"testing"

	"example.org/secret/rotate/servicetest"
)

// A server must be the same after a restart and after a crash, because tests stop
// servers in the middle of a rotation.
func TestServersComeBack(t *testing.T) {
	type server interface {
		Start()
		Stop()
		Kill()
		Login(user, password string) bool
	}
	check := func(t *testing.T, s server, user, password string) {
		for name, end := range map[string]func(){"stop": s.Stop, "kill": s.Kill} {
			end()
			if s.Login(user, password) {
				t.Fatalf("login works after %s", name)
			}
			s.Start()
			if !s.Login(user, password) {
				t.Fatalf("login fails after %s and start", name)
			}
			if s.Login(user, "not "+password) {
				t.Fatal("login works with a wrong password")
			}
		}
	}
	t.Run("postgres", func(t *testing.T) {
		s := servicetest.Postgres(t)
		s.Exec(`CREATE ROLE app LOGIN PASSWORD 'pw'`)
		check(t, s, "app", "pw")
		if got := s.Exec("SELECT 1+1"); got != "2" {
			t.Errorf("SELECT 1+1 answers %q", got)
		}
	})
	t.Run("mariadb", func(t *testing.T) {
		s := servicetest.MariaDB(t)
		s.Exec(`CREATE USER app IDENTIFIED BY 'pw'`)
		check(t, s, "app", "pw")
	})
	t.Run("redis", func(t *testing.T) {
		s := servicetest.Redis(t, "user app on >pw +@all ~*\n")
		check(t, s, "app", "pw")
	})
}

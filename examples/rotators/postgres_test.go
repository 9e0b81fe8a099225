//go:build unix

package rotators_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"example.org/secret/rotate/servicetest"
)

// pgUser makes a role and returns a credential for it.
func pgUser(s *servicetest.PostgresServer, name, password string) fields {
	s.Exec(`CREATE ROLE ` + pgIdent(name) + ` LOGIN PASSWORD '` +
		strings.ReplaceAll(password, "'", "''") + `'`)
	return fields{
		"engine": "postgres", "host": s.Host, "port": s.Port,
		"username": name, "password": password,
	}
}

func pgIdent(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

func pgAdmin(s *servicetest.PostgresServer) fields {
	return fields{"username": s.User, "password": s.Password}
}

// userNames are names that must be quoted.
var userNames = []string{"app", `o'br"ien \ % $HOME`, "-Ünder :dash"}

func TestPostgres(t *testing.T) {
	t.Parallel()
	s := servicetest.Postgres(t, "shared_preload_libraries=passwordcheck")
	run := func(name string, f func(t *testing.T, d *driver)) {
		t.Run(name, func(t *testing.T) { f(t, newDriver(t, "postgres")) })
	}
	pgGoodDays(s, run)
	pgBadDays(s, run)
}

func pgGoodDays(s *servicetest.PostgresServer, run runner) {
	run("nasty passwords", func(t *testing.T, d *driver) {
		d.current = pgUser(s, "nasty", "the first")
		for _, password := range nasty {
			d.rotate(password)
			if !s.Login("nasty", password) || s.Login("nasty", d.previous["password"]) {
				t.Fatalf("the server's password is not %q", password)
			}
			if strings.Contains(s.Log(), password) {
				t.Errorf("the server's log shows the password %q", password)
			}
		}
		if !strings.Contains(read(t, d.argv), "psql\x00-X") {
			t.Error("arguments were not recorded")
		}
	})
	run("application", func(t *testing.T, d *driver) {
		d.current = pgUser(s, "busy", "the first")
		keepLoggingIn(t, d, s.Login, false)
	})
	run("nasty users, by TCP", func(t *testing.T, d *driver) {
		for _, user := range userNames {
			d.current, d.previous = pgUser(s, user, "the first").with("host", "127.0.0.1"), nil
			d.rotate("the second")
			if !s.Login(user, "the second") {
				t.Fatalf("%q was not rotated", user)
			}
		}
	})
	run("odd roles", func(t *testing.T, d *driver) {
		d.current = pgUser(s, "reader", "the first")
		s.Exec(`ALTER ROLE reader SET default_transaction_read_only = on;
			CREATE ROLE owner; GRANT owner TO reader; ALTER ROLE reader SET role = 'owner'`)
		d.rotate("the second")
	})
}

func pgBadDays(s *servicetest.PostgresServer, run runner) {
	run("only previous works", func(t *testing.T, d *driver) {
		d.previous = pgUser(s, "rollback", "that lives")
		d.current = d.previous.with("password", "that is dead")
		d.rotate("the third")
	})
	run("nothing works", func(t *testing.T, d *driver) {
		right := pgUser(s, "stuck", "set by hand")
		d.current, d.previous = right.with("password", "that is dead"), right.with("password", "as dead")
		d.create("never applied")
		d.refuses("set", 1, "neither the pending nor the current nor the previous")
		if !s.Login("stuck", "set by hand") {
			t.Error("the password was changed")
		}
	})
	run("planted", func(t *testing.T, d *driver) {
		pgUser(s, "victim", "of nobody")
		d.current = pgUser(s, "planter", "the first")
		d.create("the second")
		for field, value := range map[string]string{"username": "victim", "host": "127.0.0.1", "port": "1"} {
			good := d.pending
			d.pending = good.with(field, value)
			d.refuses("set", 1, "for another user or server")
			d.pending = good
		}
	})
	run("refused by a policy", func(t *testing.T, d *driver) {
		d.current = pgUser(s, "username", "the first")
		d.secrets["username"] = false
		d.create("username") // passwordcheck recognises this one even when it is hashed
		d.refuses("set", 10, "must not equal user name")
		if !d.works(d.current) || d.works(d.pending) {
			t.Error("the current password does not live on")
		}
	})
	run("server away", func(t *testing.T, d *driver) {
		d.current = pgUser(s, "patient", "the first")
		d.create("the second")
		s.Kill()
		d.refuses("set", 1, "connection to server")
		d.refuses("test", 1, "connection to server")
		s.Start()
		d.must("set")
		s.Stop()
		s.Start()
		d.must("set")
		d.must("test")
	})
}

// A server that asks for no password accepts any, so that a login proves nothing.
func TestPostgresTrust(t *testing.T) {
	t.Parallel()
	s := servicetest.Postgres(t)
	current := pgUser(s, "trusted", "the first")
	hba := filepath.Join(s.Host, "data", "pg_hba.conf")
	if err := os.WriteFile(hba, []byte("local all trusted trust\nlocal all all scram-sha-256\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s.Exec("SELECT pg_reload_conf()")
	servicetest.Await(t, "trust", func() bool { return s.Login("trusted", "") })
	for _, name := range []string{"postgres", "postgres-alternating"} {
		d := newDriver(t, name)
		d.current, d.pending = current, current
		d.refuses("test", 1, "asks trusted for no password")
	}
}

func TestPostgresAlternating(t *testing.T) {
	t.Parallel()
	s := servicetest.Postgres(t, "shared_preload_libraries=passwordcheck")
	s.Exec("CREATE TABLE things (x int)")
	run := func(name string, f func(t *testing.T, d *driver)) {
		t.Run(name, func(t *testing.T) {
			d := newDriver(t, "postgres-alternating")
			d.admin = pgAdmin(s)
			f(t, d)
		})
	}
	run("back and forth", func(t *testing.T, d *driver) {
		for _, user := range userNames {
			d.current, d.previous = pgUser(s, user, "the first"), nil
			s.Exec("GRANT ALL ON things TO " + pgIdent(user))
			for i, want := range []string{user + "_clone", user, user + "_clone"} {
				d.rotate(nasty[i])
				if d.current["username"] != want {
					t.Fatalf("rotation %d gives %q, want %q", i, d.current["username"], want)
				}
				if !d.works(d.previous) {
					t.Error("the user before does not work any more")
				}
			}
			if got := s.Exec("SET ROLE " + pgIdent(user+"_clone") + "; DELETE FROM things; SELECT 'ok'"); got != "ok" {
				t.Errorf("the clone may not do what %q may: %s", user, got)
			}
		}
		for _, password := range nasty[:3] {
			if strings.Contains(s.Log(), password) {
				t.Errorf("the server's log shows the password %q", password)
			}
		}
	})
	run("application", func(t *testing.T, d *driver) {
		d.current = pgUser(s, "busy", "the first")
		keepLoggingIn(t, d, s.Login, true)
	})
	run("refused", func(t *testing.T, d *driver) { pgAlternatingRefusals(t, d, s) })
	run("too long", func(t *testing.T, d *driver) {
		d.current = pgUser(s, strings.Repeat("n", 58), "the first")
		d.refuses("create", 1, "longer than 63 bytes")
	})
}

// pgAlternatingRefusals tries the cases in which set must change nothing.
func pgAlternatingRefusals(t *testing.T, d *driver, s *servicetest.PostgresServer) {
	d.current = pgUser(s, "guard", "the first")
	pgUser(s, "boss", "of nobody")
	d.create("the second")
	good := d.versions
	for _, c := range []struct {
		reason string
		change func(v *versions)
	}{
		{"admin_secret", func(v *versions) { v.admin = nil }},
		{"not the alternate", func(v *versions) { v.pending = v.pending.with("username", "boss") }},
		{"not for one server", func(v *versions) { v.pending = v.pending.with("host", "127.0.0.1") }},
		{"not for one server", func(v *versions) { v.admin = v.admin.with("host", "127.0.0.1") }},
		{"the current password does not work", func(v *versions) { v.current = v.current.with("password", "that is wrong") }},
		{"password authentication failed", func(v *versions) { v.admin = v.admin.with("password", "that is wrong") }},
	} {
		d.versions = good
		c.change(&d.versions)
		d.refuses("set", 1, c.reason)
	}
	d.versions = good
	d.secrets["guard_clone"] = false
	d.pending = good.pending.with("password", "guard_clone")
	d.refuses("set", 10, "must not equal user name")
	if got := s.Exec(`SELECT count(*) FROM pg_roles WHERE rolname = 'guard_clone'`); got != "0" {
		t.Error("a refused password left the clone behind")
	}
	if !s.Login("boss", "of nobody") {
		t.Error("another user's password was changed")
	}
}

//go:build unix

package rotators_test

import (
	"strings"
	"testing"

	"example.org/secret/rotate/servicetest"
)

// myQuote makes a string literal for the default sql_mode.
func myQuote(text string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `''`).Replace(text) + "'"
}

// myUser makes an account and returns a credential for it.
func myUser(s *servicetest.MariaDBServer, name, host, password string) fields {
	s.Exec("CREATE USER " + myQuote(name) + "@" + myQuote(host) + " IDENTIFIED BY " + myQuote(password))
	return fields{"engine": "mariadb", "host": s.Socket, "username": name, "password": password}
}

// myUserNames are names that must be quoted.
var myUserNames = []string{"app", "o'br\"ien \\ `%` $HOME", "-Ünder dash"}

func TestMySQL(t *testing.T) {
	t.Parallel()
	s := servicetest.MariaDB(t)
	run := func(name string, f func(t *testing.T, d *driver)) {
		t.Run(name, func(t *testing.T) { f(t, newDriver(t, "mysql")) })
	}
	myGoodDays(s, run)
	myBadDays(s, run)
}

func myGoodDays(s *servicetest.MariaDBServer, run runner) {
	run("nasty passwords", func(t *testing.T, d *driver) {
		d.current = myUser(s, "nasty", "%", "the first")
		for _, password := range append(nasty, "two\nlines") {
			d.rotate(password)
			if !s.Login("nasty", password) || s.Login("nasty", d.previous["password"]) {
				t.Fatalf("the server's password is not %q", password)
			}
		}
	})
	run("application", func(t *testing.T, d *driver) {
		d.current = myUser(s, "busy", "%", "the first")
		keepLoggingIn(t, d, s.Login, false)
	})
	run("nasty users, by TCP", func(t *testing.T, d *driver) {
		for _, user := range myUserNames {
			d.current, d.previous = myUser(s, user, "%", "the first"), nil
			d.current["host"], d.current["port"] = "127.0.0.1", s.Port
			d.rotate("the second")
			if !s.Login(user, "the second") {
				t.Fatalf("%q was not rotated", user)
			}
		}
	})
	run("an option file with another password", func(t *testing.T, d *driver) {
		writeProgram(t, d.home+"/.my.cnf", "[client]\npassword=another\n")
		d.current = myUser(s, "filed", "%", "the first")
		d.rotate("the second")
	})
}

func myBadDays(s *servicetest.MariaDBServer, run runner) {
	run("only previous works", func(t *testing.T, d *driver) {
		d.previous = myUser(s, "rollback", "%", "that lives")
		d.current = d.previous.with("password", "that is dead")
		d.rotate("the third")
	})
	run("nothing works", func(t *testing.T, d *driver) {
		right := myUser(s, "stuck", "%", "set by hand")
		d.current, d.previous = right.with("password", "that is dead"), right.with("password", "as dead")
		d.create("never applied")
		d.refuses("set", 1, "neither the pending nor the current nor the previous")
		if !s.Login("stuck", "set by hand") {
			t.Error("the password was changed")
		}
	})
	run("planted", func(t *testing.T, d *driver) {
		d.current = myUser(s, "planter", "%", "the first")
		d.create("the second")
		for field, value := range map[string]string{"username": "root", "host": "127.0.0.1", "port": "1"} {
			good := d.pending
			d.pending = good.with(field, value)
			d.refuses("set", 1, "for another user or server")
			d.pending = good
		}
	})
	run("refused by a policy", func(t *testing.T, d *driver) {
		d.current = myUser(s, "weak", "%", "the first")
		s.Exec("INSTALL SONAME 'simple_password_check'")
		defer s.Exec("UNINSTALL SONAME 'simple_password_check'")
		d.create("too weak")
		d.refuses("set", 10, "ERROR 1819")
		if !d.works(d.current) || d.works(d.pending) {
			t.Error("the current password does not live on")
		}
	})
	run("asks for no password", func(t *testing.T, d *driver) {
		d.current = myUser(s, "open", "%", "")
		d.current["password"] = "whatever it is"
		d.pending = d.current
		d.refuses("test", 1, "asks open for no password")
	})
}

func TestMySQLServerAway(t *testing.T) {
	t.Parallel()
	s := servicetest.MariaDB(t)
	for _, name := range []string{"mysql", "mysql-alternating"} {
		d := newDriver(t, name)
		d.admin = fields{"username": s.User, "password": s.Password}
		d.current = myUser(s, name, "%", "the first")
		d.create("the second")
		s.Kill()
		d.refuses("set", 1, "Can't connect")
		d.refuses("test", 1, "Can't connect")
		s.Start()
		d.must("set")
		s.Stop()
		s.Start()
		d.must("set")
		d.must("test")
	}
}

func TestMySQLAlternating(t *testing.T) {
	t.Parallel()
	s := servicetest.MariaDB(t)
	s.Exec("CREATE DATABASE `d``b TO x`; CREATE TABLE `d``b TO x`.things (x int); CREATE ROLE clerk; GRANT SELECT ON" +
		" mysql.* TO clerk")
	run := func(name string, f func(t *testing.T, d *driver)) {
		t.Run(name, func(t *testing.T) {
			d := newDriver(t, "mysql-alternating")
			d.admin = fields{"username": s.User, "password": s.Password}
			f(t, d)
		})
	}
	run("back and forth", func(t *testing.T, d *driver) {
		for _, user := range myUserNames {
			d.current, d.previous = myUser(s, user, "localhost", "the first"), nil
			myGrant(s, myQuote(user)+"@'localhost'")
			before := myGrants(s, user)
			for i, want := range []string{user + "_clone", user, user + "_clone"} {
				d.rotate(nasty[i])
				if d.current["username"] != want {
					t.Fatalf("rotation %d gives %q, want %q", i, d.current["username"], want)
				}
				if !d.works(d.previous) {
					t.Error("the user before does not work any more")
				}
			}
			if got := myGrants(s, user+"_clone"); got != before {
				t.Errorf("the clone's grants are\n%s\nwant\n%s", got, before)
			}
			if got := myGrants(s, user); got != before {
				t.Errorf("the user's grants became\n%s\nwere\n%s", got, before)
			}
		}
	})
	run("application", func(t *testing.T, d *driver) {
		d.current = myUser(s, "busy", "localhost", "the first")
		keepLoggingIn(t, d, s.Login, true)
	})
	run("half made", func(t *testing.T, d *driver) {
		d.current = myUser(s, "half", "localhost", "the first")
		s.Exec("GRANT SELECT ON mysql.* TO half@localhost; CREATE USER half_clone@localhost IDENTIFIED BY 'random'")
		d.rotate("the second")
		if got := myGrants(s, "half_clone"); got != myGrants(s, "half") {
			t.Errorf("the clone's grants are\n%s", got)
		}
	})
	run("refused", func(t *testing.T, d *driver) { myAlternatingRefusals(t, d, s) })
	run("too long", func(t *testing.T, d *driver) {
		d.current = fields{"username": strings.Repeat("n", 75), "password": "the first", "host": s.Socket}
		d.refuses("create", 1, "longer than 80 characters")
	})
}

// myGrant gives an account one grant of each kind.
func myGrant(s *servicetest.MariaDBServer, account string) {
	s.Exec(`GRANT USAGE ON *.* TO ` + account + ` REQUIRE NONE WITH MAX_USER_CONNECTIONS 7;
		GRANT ALL ON ` + "`d``b TO x`.*" + ` TO ` + account + ` WITH GRANT OPTION;
		GRANT SELECT (x) ON ` + "`d``b TO x`.things" + ` TO ` + account + `;
		GRANT clerk TO ` + account + `; SET DEFAULT ROLE clerk FOR ` + account)
}

// myGrants lists the grants of an account without its name and password.
func myGrants(s *servicetest.MariaDBServer, user string) string {
	grants := s.Exec("SHOW GRANTS FOR " + myQuote(user) + "@'localhost'")
	grants = strings.ReplaceAll(grants, "`"+strings.ReplaceAll(user, "`", "``")+"`", "USER")
	lines := strings.Split(grants, "\n")
	for i, line := range lines {
		if before, after, ok := strings.Cut(line, " IDENTIFIED BY PASSWORD '"); ok {
			_, after, _ = strings.Cut(after, "'")
			lines[i] = before + after
		}
	}
	return strings.Join(lines, "\n")
}

// myAlternatingRefusals tries the cases in which set must change nothing.
func myAlternatingRefusals(t *testing.T, d *driver, s *servicetest.MariaDBServer) {
	d.current = myUser(s, "guard", "localhost", "the first")
	myUser(s, "boss", "localhost", "of nobody")
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
		{"Access denied", func(v *versions) { v.admin = v.admin.with("password", "that is wrong") }},
	} {
		d.versions = good
		c.change(&d.versions)
		d.refuses("set", 1, c.reason)
	}
	d.versions = good
	s.Exec("INSTALL SONAME 'simple_password_check'")
	defer s.Exec("UNINSTALL SONAME 'simple_password_check'")
	d.refuses("set", 10, "ERROR 1819")
	if !s.Login("boss", "of nobody") {
		t.Error("another user's password was changed")
	}
}

//go:build unix

package rotators_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"example.org/secret/examples/rotators"
)

// The rotators whose services accept two values ask for a grace.
func TestDescribe(t *testing.T) {
	t.Parallel()
	twoValues := []string{"aws-iam", "http-token", "redis", "ssh-key"}
	for _, name := range rotators.Names() {
		if name == "template.go" { // has its own test
			continue
		}
		d := newDriver(t, name)
		if strings.HasPrefix(name, "template") {
			d.record("python3", python(t))
		}
		d.record("mysql", "/bin/false") // there is no server
		d.record("mariadb", "/bin/false")
		d.record("redis-cli", "/bin/true")
		want := ""
		if slices.Contains(twoValues, name) {
			want = "{\"grace\": 300}\n"
		}
		if r := d.call("describe", versions{}); r.code != 0 || r.stdout != want {
			t.Errorf("%s exits with %d and prints %q: %s", name, r.code, r.stdout, r.stderr)
		}
	}
}

// inGrace rotates twice in a row, as the tool does with a grace: finish of the first
// rotation comes before create of the second. Both values must work at every moment
// between set and finish.
func (d *driver) inGrace(passwords ...string) {
	d.t.Helper()
	for i, password := range passwords {
		if i > 0 {
			d.must("finish")
		}
		d.create(password)
		d.must("set")
		d.must("set")
		d.must("test")
		if !d.works(d.current) || !d.works(d.pending) {
			d.t.Error("one of the two values does not work after set")
		}
		d.promote()
		if !d.works(d.current) || !d.works(d.previous) {
			d.t.Error("one of the two values does not work in the grace")
		}
	}
	d.must("finish")
	d.must("finish")
	if !d.works(d.current) || d.works(d.previous) {
		d.t.Error("after finish, not just the current value works")
	}
}

// mySQL8 puts a stand-in for MySQL 8 into the rotator's PATH.
func mySQL8(t *testing.T, d *driver, version, grants string) (passwords string) {
	t.Helper()
	dir := t.TempDir()
	program := filepath.Join(dir, "mysql")
	writeProgram(t, program, read(t, "testdata/mysql"))
	d.without("mariadb")
	d.record("mysql", program)
	for name, text := range map[string]string{"version": version, "grants": grants, "passwords": "the first\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	d.current = fields{"username": "app", "password": "the first", "host": "db"}
	return filepath.Join(dir, "passwords")
}

// MySQL 8 keeps the old password, if the user may have two.
func TestMySQL8(t *testing.T) {
	skipIfShort(t)
	t.Parallel()
	const right = "GRANT USAGE ON *.* TO `app`@`%`\nGRANT APPLICATION_PASSWORD_ADMIN ON *.* TO `app`@`%`\n"
	for _, c := range []struct {
		about, version, grants string
		two                    bool
	}{
		{"with the right", "8.0.36-0ubuntu0.22.04.1\n", right, true},
		{"a later version", "9.1.0\n", right, true},
		{"without the right", "8.4.0\n", "GRANT USAGE ON *.* TO `app`@`%`\n", false},
		{"an older version", "8.0.13\n", right, false},
		{"a much older version", "5.7.44-log\n", right, false},
	} {
		t.Run(c.about, func(t *testing.T) {
			t.Parallel()
			d := newDriver(t, "mysql")
			passwords := mySQL8(t, d, c.version, c.grants)
			if got := d.must("describe").stdout; (got != "") != c.two {
				t.Errorf("describe prints %q", got)
			}
			if c.two {
				d.inGrace("the second", "the third")
			} else {
				d.rotate("the second")
				d.rotate("the third")
			}
			if got := read(t, passwords); got != "the third\n" {
				t.Errorf("in the end the passwords are %q", got)
			}
		})
	}
}

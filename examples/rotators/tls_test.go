//go:build unix

package rotators_test

import (
	"fmt"
	"net"
	"strconv"
	"testing"
	"time"

	"example.org/secret/rotate/servicetest"
)

// tlsServer is a database server whose certificate can be changed.
type tlsServer interface {
	UseTLS(certFile, keyFile string)
	Login(user, password string) bool
}

// verifiesTLS requires that a rotator with ssl=true connects only to the server that
// the certificate authority vouches for. credential has the host localhost, whose
// server does not use TLS yet.
func verifiesTLS(t *testing.T, d *driver, s tlsServer, credential fields, refusals map[string]string) {
	t.Helper()
	const day = 24 * time.Hour
	authority := servicetest.NewAuthority(t)
	d.current = credential.with("ssl", "true").with("sslrootcert", authority.Root)
	refuses := func(about string) {
		t.Helper()
		d.create("never applied")
		d.refuses("set", 1, refusals[about])
		d.refuses("test", 1, refusals[about])
		if !s.Login(credential["username"], d.current["password"]) {
			t.Errorf("%s: the password was changed", about)
		}
	}
	refuses("no TLS")
	s.UseTLS(authority.Issue("localhost", day))
	d.rotate("the second")
	d.rotate("the third")
	right := d.current
	d.current = right.with("sslrootcert", servicetest.NewAuthority(t).Root)
	refuses("another authority")
	delete(d.current, "sslrootcert")
	refuses("no authority")
	d.current = right
	s.UseTLS(authority.Issue("db.example.org", day))
	refuses("wrong host")
	s.UseTLS(authority.Issue("localhost", -time.Hour))
	refuses("expired")
	s.UseTLS(authority.Issue("localhost", day))
	d.rotate("the fourth")
	d.current["ssl"] = "false"
	d.rotate("the fifth")
}

func TestPostgresTLS(t *testing.T) {
	t.Parallel()
	s := servicetest.Postgres(t)
	refusals := map[string]string{
		"no TLS":            "server does not support SSL, but SSL was required",
		"another authority": "certificate verify failed",
		"no authority":      "root.crt\" does not exist",
		"wrong host":        `server certificate for "db.example.org" does not match host name "localhost"`,
		"expired":           "certificate verify failed",
	}
	for _, name := range []string{"postgres", "postgres-alternating"} {
		t.Run(name, func(t *testing.T) {
			s := s
			if name != "postgres" {
				s = servicetest.Postgres(t)
			}
			d := newDriver(t, name)
			if name == "postgres-alternating" {
				d.admin = pgAdmin(s)
			}
			verifiesTLS(t, d, s, pgUser(s, "app", "the first").with("host", "localhost"), refusals)
		})
	}
}

func TestMySQLTLS(t *testing.T) {
	t.Parallel()
	refusals := map[string]string{
		"no TLS":            "SSL is required, but the server does not support it",
		"another authority": "unable to get local issuer certificate",
		"no authority":      "unable to get local issuer certificate", // the system's do not know it
		"wrong host":        "Validation of SSL server certificate failed",
		"expired":           "certificate has expired",
	}
	for _, name := range []string{"mysql", "mysql-alternating"} {
		t.Run(name, func(t *testing.T) {
			s := servicetest.MariaDB(t)
			d := newDriver(t, name)
			d.admin = fields{"username": s.User, "password": s.Password}
			credential := myUser(s, "app", "%", "the first").with("host", "localhost").with("port", s.Port)
			verifiesTLS(t, d, s, credential, refusals)
		})
	}
}

// redis-cli verifies the certificate, but not that it is for the host.
func TestRedisTLS(t *testing.T) {
	t.Parallel()
	authority := servicetest.NewAuthority(t)
	for _, c := range []struct {
		about    string
		lifetime time.Duration
		root     string
		refusal  string
	}{
		{"right", time.Hour, authority.Root, ""},
		{"expired", -time.Hour, authority.Root, "certificate verify failed"},
		{"another authority", time.Hour, servicetest.NewAuthority(t).Root, "certificate verify failed"},
	} {
		certFile, keyFile := authority.Issue("localhost", c.lifetime)
		port := freePort(t)
		s := servicetest.Redis(t, fmt.Sprintf("tls-port %s\ntls-cert-file %s\ntls-key-file %s\ntls-ca-cert-file"+
			" %s\ntls-auth-clients no\n",
			port, certFile, keyFile, authority.Root))
		d := newDriver(t, "redis")
		d.current = redisUser(s, "app", "the first").with("host", "127.0.0.1").with("port", port).
			with("ssl", "true").with("sslrootcert", c.root)
		if c.refusal == "" {
			d.inGrace("the second", "the third")
			d.pending = d.current.with("port", s.Port) // which does not use TLS
			d.refuses("test", 1, "did not answer within 5 seconds")
			continue
		}
		d.create("never applied")
		d.refuses("set", 1, c.refusal)
		d.refuses("test", 1, c.refusal)
	}
}

func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
}

//go:build unix

package servicetest

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// PostgresServer is a running PostgreSQL. It uses SCRAM passwords and logs every
// statement.
type PostgresServer struct {
	Host     string // the directory of the unix socket; 127.0.0.1 works too
	Port     string
	User     string // a superuser
	Password string
	Bin      string // the directory of psql
	process
}

// Postgres starts a PostgreSQL server with one superuser and the database postgres.
// Settings are NAME=VALUE lines for postgresql.conf.
func Postgres(t testing.TB, settings ...string) *PostgresServer {
	t.Helper()
	skipIfShort(t)
	initdb, server := Need(t, "initdb"), Need(t, "postgres")
	s := &PostgresServer{User: "postgres", Password: "super user's", Bin: filepath.Dir(Need(t, "psql"))}
	// Debian's psql is a script that looks for the real one, and ten times as slow.
	if _, err := os.Stat(filepath.Join(filepath.Dir(initdb), "psql")); err == nil {
		s.Bin = filepath.Dir(initdb)
	}
	acct := serverAccount(t, "postgres")
	s.Host = tempDir(t, acct)
	data := filepath.Join(s.Host, "data")
	s.process = process{
		t: t, acct: acct, dir: s.Host, path: server,
		signal: syscall.SIGINT, logName: filepath.Join(s.Host, "log"),
		ready: func() bool {
			pid, err := os.ReadFile(filepath.Join(data, "postmaster.pid"))
			return err == nil && strings.Contains(string(pid), "\nready")
		},
		args: func() []string {
			if s.Port == "" || strings.Contains(s.log(), "could not bind IPv4") {
				s.Port = freePort(t)
			}
			args := []string{
				"-D", data, "-k", s.Host, "-p", s.Port,
				"-c", "listen_addresses=127.0.0.1", "-c", "log_statement=all",
			}
			for _, setting := range settings {
				args = append(args, "-c", setting)
			}
			return args
		},
	}
	s.initdb(initdb, data)
	s.Start()
	t.Cleanup(s.Stop)
	return s
}

// initdb makes the data directory.
func (s *PostgresServer) initdb(path, data string) {
	s.t.Helper()
	file := filepath.Join(s.Host, "password")
	if err := os.WriteFile(file, []byte(s.Password+"\n"), 0o644); err != nil {
		s.t.Fatal(err)
	}
	cmd := exec.Command(path, "-D", data, "-U", s.User, "--pwfile="+file,
		"-A", "scram-sha-256", "-E", "UTF8", "--locale=C", "--no-sync")
	cmd.Dir, cmd.Env = s.Host, environment(s.Host)
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: s.acct.cred}
	if out, err := cmd.CombinedOutput(); err != nil {
		s.t.Fatalf("initdb: %v\n%s", err, out)
	}
}

// Start runs the server again after Stop or Kill, on the same port.
func (s *PostgresServer) Start() { s.t.Helper(); s.start() }

// Stop shuts the server down.
func (s *PostgresServer) Stop() { s.stop(s.signal) }

// Kill ends the server without a checkpoint, as a crash does.
func (s *PostgresServer) Kill() { s.stop(syscall.SIGQUIT) }

// Log returns the server's log.
func (s *PostgresServer) Log() string { s.t.Helper(); return s.log() }

// UseTLS restarts the server with a certificate and its key.
func (s *PostgresServer) UseTLS(certFile, keyFile string) {
	s.t.Helper()
	data := filepath.Join(s.Host, "data")
	copyFor(s.t, s.acct, certFile, filepath.Join(data, "server.crt"))
	copyFor(s.t, s.acct, keyFile, filepath.Join(data, "server.key"))
	s.Exec("ALTER SYSTEM SET ssl = on")
	s.Stop()
	s.Start()
}

// Exec runs SQL as the superuser and returns the answer, unaligned.
func (s *PostgresServer) Exec(sql string) string {
	s.t.Helper()
	out, err := s.run(s.User, s.Password, sql)
	if err != nil {
		s.t.Fatalf("%s: %v\n%s", sql, err, out)
	}
	return strings.TrimSuffix(out, "\n")
}

// Login reports whether the server accepts a user's password.
func (s *PostgresServer) Login(user, password string) bool {
	_, err := s.run(user, password, "SELECT 1")
	return err == nil
}

func (s *PostgresServer) run(user, password, sql string) (string, error) {
	cmd := exec.Command(filepath.Join(s.Bin, "psql"), "-X", "-w", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1")
	cmd.Stdin = strings.NewReader(sql)
	cmd.Env = append(os.Environ(), "PGHOST="+s.Host, "PGPORT="+s.Port, "PGUSER="+user,
		"PGPASSWORD="+password, "PGDATABASE=postgres", "PGPASSFILE=/dev/null")
	out, err := cmd.CombinedOutput()
	return string(out), err
}

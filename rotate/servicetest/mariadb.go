//go:build unix

package servicetest

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// MariaDBServer is a running MariaDB.
type MariaDBServer struct {
	Host     string // 127.0.0.1
	Port     string
	Socket   string
	User     string // has all rights, and may grant them
	Password string
	client   string
	tls      []string // options
	process
}

// MariaDB starts a MariaDB server with the one user User, over TCP and the unix socket.
// Options are options of mariadbd.
func MariaDB(t testing.TB, options ...string) *MariaDBServer {
	t.Helper()
	skipIfShort(t)
	install := Need(t, "mariadb-install-db", "mysql_install_db")
	server := Need(t, "mariadbd", "mysqld")
	s := &MariaDBServer{
		Host: "127.0.0.1", User: "root", Password: "ro'ot\\",
		client: Need(t, "mariadb", "mysql"),
	}
	acct := serverAccount(t, "mysql")
	dir := tempDir(t, acct)
	data := filepath.Join(dir, "data")
	s.Socket = filepath.Join(dir, "s")
	common := []string{"--no-defaults", "--datadir=" + data}
	if acct.name != "" {
		common = append(common, "--user="+acct.name)
	}
	s.process = process{
		t: t, acct: acct, dir: dir, path: server,
		signal: syscall.SIGTERM, logName: filepath.Join(dir, "log"),
		ready: func() bool { return greets("unix", s.Socket) },
		args: func() []string {
			if s.Port == "" || strings.Contains(s.log(), "Can't start server: Bind on TCP/IP") {
				s.Port = freePort(t)
			}
			args := append([]string{}, common...)
			args = append(args, "--socket="+s.Socket, "--port="+s.Port,
				"--bind-address=127.0.0.1", "--pid-file="+filepath.Join(dir, "pid"),
				"--skip-name-resolve", "--innodb-buffer-pool-size=16M",
				"--innodb-flush-log-at-trx-commit=0")
			return append(append(args, options...), s.tls...)
		},
	}
	cmd := exec.Command(install, append(common, "--skip-test-db", "--skip-name-resolve",
		"--auth-root-authentication-method=normal")...)
	cmd.Dir, cmd.Env = dir, environment(dir)
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: acct.cred}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", install, err, out)
	}
	s.Start()
	t.Cleanup(s.Stop)
	s.firstUser()
	return s
}

// firstUser gives root its password, also for logins from 127.0.0.1.
func (s *MariaDBServer) firstUser() {
	s.t.Helper()
	out, err := s.run(s.User, "", `
		CREATE OR REPLACE USER root@'127.0.0.1' IDENTIFIED BY 'ro\'ot\\';
		GRANT ALL ON *.* TO root@'127.0.0.1' WITH GRANT OPTION;
		SET PASSWORD = PASSWORD('ro\'ot\\');`)
	if err != nil {
		s.t.Fatalf("setting root's password: %v\n%s", err, out)
	}
}

// greets reports whether a MySQL server sends its greeting.
func greets(network, address string) bool {
	c, err := net.DialTimeout(network, address, time.Second)
	if err != nil {
		return false
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(time.Second))
	var b [5]byte
	n, err := c.Read(b[:])
	return err == nil && n == 5 && b[4] == 10 // the version of the protocol
}

// Start runs the server again after Stop or Kill, on the same port.
func (s *MariaDBServer) Start() { s.t.Helper(); s.start() }

// Stop shuts the server down.
func (s *MariaDBServer) Stop() { s.stop(s.signal) }

// Kill ends the server as a crash does.
func (s *MariaDBServer) Kill() { s.stop(syscall.SIGKILL) }

// UseTLS restarts the server with a certificate and its key.
func (s *MariaDBServer) UseTLS(certFile, keyFile string) {
	s.t.Helper()
	s.tls = []string{"--ssl-cert=" + certFile, "--ssl-key=" + keyFile}
	s.Stop()
	s.Start()
}

// Log returns the server's log.
func (s *MariaDBServer) Log() string { s.t.Helper(); return s.log() }

// Exec runs SQL as User and returns the answer, one row a line, with tabs between columns.
func (s *MariaDBServer) Exec(sql string) string {
	s.t.Helper()
	out, err := s.run(s.User, s.Password, sql)
	if err != nil {
		s.t.Fatalf("%s: %v\n%s", sql, err, out)
	}
	return strings.TrimSuffix(out, "\n")
}

// Login reports whether the server accepts a user's password.
func (s *MariaDBServer) Login(user, password string) bool {
	_, err := s.run(user, password, "SELECT 1")
	return err == nil
}

func (s *MariaDBServer) run(user, password, sql string) (string, error) {
	cmd := exec.Command(s.client, "--no-defaults", "--batch", "--raw", "--skip-column-names",
		"--binary-mode", "--protocol=socket", "--socket="+s.Socket, "--user="+user,
		"--default-character-set=utf8mb4")
	cmd.Stdin = strings.NewReader(sql)
	cmd.Env = append(os.Environ(), "MYSQL_PWD="+password)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

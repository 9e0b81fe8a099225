//go:build unix

package servicetest

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// SSHServer is a running OpenSSH server that accepts one user, by key.
type SSHServer struct {
	Host           string // 127.0.0.1
	Port           string
	User           string // of this machine; has a shell
	KnownHosts     string // the line for the host
	AuthorizedKeys string // the file
	process
}

// SSH starts an OpenSSH server. It does not run as root, so that it accepts only the user
// as which it runs.
func SSH(t testing.TB) *SSHServer {
	t.Helper()
	skipIfShort(t)
	s := &SSHServer{Host: "127.0.0.1"}
	server, keygen := Need(t, "sshd"), Need(t, "ssh-keygen")
	acct := serverAccount(t, "postgres") // a package's user with a shell
	s.User = acct.name
	if s.User == "" {
		me, err := user.Current()
		if err != nil {
			t.Fatal(err)
		}
		s.User = me.Username
	}
	dir := tempDir(t, acct)
	s.AuthorizedKeys = filepath.Join(dir, "keys", "authorized_keys")
	hostKey, conf := filepath.Join(dir, "host"), filepath.Join(dir, "conf")
	s.process = process{
		t: t, acct: acct, dir: dir, path: server,
		signal: syscall.SIGTERM, logName: filepath.Join(dir, "log"),
		ready: func() bool { return answers(net.JoinHostPort(s.Host, s.Port)) },
		args: func() []string {
			if s.Port == "" || strings.Contains(s.log(), "Address already in use") {
				s.Port = freePort(t)
			}
			writeFile(t, conf, fmt.Sprintf("Port %s\nListenAddress %s\nHostKey %s\nPidFile none\n"+
				"AuthorizedKeysFile %s\nStrictModes no\nUsePAM no\nPasswordAuthentication no\n"+
				"KbdInteractiveAuthentication no\n", s.Port, s.Host, hostKey, s.AuthorizedKeys))
			return []string{"-D", "-e", "-f", conf}
		},
	}
	s.files(keygen, hostKey)
	s.start()
	t.Cleanup(func() { s.stop(s.signal) })
	public, err := os.ReadFile(hostKey + ".pub")
	if err != nil {
		t.Fatal(err)
	}
	s.KnownHosts = fmt.Sprintf("[%s]:%s %s", s.Host, s.Port, public)
	return s
}

// files makes the host's key and an empty authorized_keys.
func (s *SSHServer) files(keygen, hostKey string) {
	s.t.Helper()
	for _, command := range [][]string{
		{keygen, "-q", "-t", "ed25519", "-N", "", "-f", hostKey},
		{"mkdir", filepath.Dir(s.AuthorizedKeys)},
		{"touch", s.AuthorizedKeys},
	} {
		cmd := exec.Command(command[0], command[1:]...)
		cmd.Dir, cmd.Env = s.dir, environment(s.dir)
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: s.acct.cred}
		if out, err := cmd.CombinedOutput(); err != nil {
			s.t.Fatalf("%s: %v\n%s", command[0], err, out)
		}
	}
}

// answers reports whether a server at address sends its greeting.
func answers(address string) bool {
	c, err := net.DialTimeout("tcp", address, time.Second)
	if err != nil {
		return false
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(time.Second))
	n, err := c.Read(make([]byte, 4))
	return err == nil && n > 0
}

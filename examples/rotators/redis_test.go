//go:build unix

package rotators_test

import (
	"crypto/sha256"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"example.org/secret/rotate/servicetest"
)

// redisUser makes an ACL user that may change itself, and returns a credential.
func redisUser(s *servicetest.RedisServer, name, password string) fields {
	s.Exec("ACL", "SETUSER", name, "on", ">"+password, "~*", "+@all")
	return fields{"host": s.Socket, "username": name, "password": password}
}

// redisACL starts a server that keeps its users in an ACL file.
func redisACL(t *testing.T) *servicetest.RedisServer {
	t.Helper()
	file := filepath.Join(t.TempDir(), "users.acl")
	writeProgram(t, file, fmt.Sprintf("user default on #%x ~* &* +@all\n", sha256.Sum256([]byte("re dis"))))
	return servicetest.Redis(t, "aclfile "+file+"\n")
}

// restart crashes the server and starts it again.
func restart(s *servicetest.RedisServer) { s.Kill(); s.Start() }

func TestRedis(t *testing.T) {
	t.Parallel()
	servers := map[string]func(t *testing.T) *servicetest.RedisServer{
		"aclfile":     redisACL,
		"config file": func(t *testing.T) *servicetest.RedisServer { return servicetest.Redis(t, "maxclients 50\n") },
	}
	for name, start := range servers {
		t.Run(name, func(t *testing.T) {
			s := start(t)
			d := newDriver(t, "redis")
			users := []string{"-Ünder%$HOME"}
			if name == "aclfile" { // Redis cannot read this name from a config file
				users = []string{"app", `o'br"ien\`}
			}
			for _, user := range users {
				d.current, d.previous = redisUser(s, user, "the first"), nil
				redisRotation(t, d, s, "the second")
			}
			d.current, d.previous = redisUser(s, "graceful", "the first"), nil
			d.inGrace("the second", "the third")
			d.current, d.previous = redisUser(s, "busy", "the first"), nil
			keepLoggingIn(t, d, s.Login, true)
			if name != "aclfile" {
				return
			}
			d.current["host"], d.current["port"] = "127.0.0.1", s.Port
			for _, password := range nasty {
				d.rotate(password)
			}
		})
	}
}

// redisRotation rotates with crashes in between, and checks at each moment which of the
// two passwords are valid.
func redisRotation(t *testing.T, d *driver, s *servicetest.RedisServer, password string) {
	t.Helper()
	user, old := d.current["username"], d.current["password"]
	d.create(password)
	d.must("set")
	restart(s)
	d.must("set")
	if !s.Login(user, old) || !s.Login(user, password) {
		t.Errorf("%s: not both passwords are valid after set", user)
	}
	d.must("test")
	d.promote()
	d.must("finish")
	restart(s)
	d.must("finish")
	if s.Login(user, old) || !s.Login(user, password) {
		t.Errorf("%s: not just the new password is valid after finish", user)
	}
}

func TestRedisAdmin(t *testing.T) {
	t.Parallel()
	s := redisACL(t)
	d := newDriver(t, "redis")
	d.admin = fields{"username": s.User, "password": s.Password}
	d.current = redisUser(s, "app", "the first")
	s.Exec("ACL", "SETUSER", "app", "-@all", "+get")
	s.Exec("ACL", "SAVE")
	redisRotation(t, d, s, "the second")

	d.create("the third")
	d.admin["host"] = "127.0.0.1"
	d.refuses("set", 1, "for another server")
	d.admin = nil
	d.refuses("set", 1, "NOPERM")
}

func TestRedisRefusals(t *testing.T) {
	t.Parallel()
	s := redisACL(t)
	d := newDriver(t, "redis")

	right := redisUser(s, "stuck", "set by hand")
	d.current, d.previous = right.with("password", "that is dead"), right.with("password", "as dead")
	d.create("never applied")
	d.refuses("set", 1, "neither the pending nor the current nor the previous")
	d.previous = right
	d.rotate("set at last")

	d.create("the next")
	d.pending["username"] = "default"
	d.refuses("set", 1, "for another user or server")

	s.Exec("ACL", "SETUSER", "open", "on", "nopass", "+@all")
	d.pending = fields{"host": s.Socket, "username": "open", "password": "whatever"}
	d.refuses("test", 1, "takes any password")

	d.pending["username"] = "stuck"
	s.Stop()
	d.refuses("test", 1, "Could not connect")
}

// Without a file to keep users in, a restart would undo the rotation.
func TestRedisVolatile(t *testing.T) {
	t.Parallel()
	s := servicetest.Redis(t, "")
	d := newDriver(t, "redis")
	d.current = redisUser(s, "app", "the first")
	d.create("the second")
	d.refuses("set", 1, "--volatile")
	d.refuses("set", 1, "--volatile") // although the password is set by now
	d.args = []string{"--volatile"}
	d.rotate("the third")
	if got := s.Exec("ACL", "GETUSER", "app"); strings.Count(got, "passwords") != 1 {
		t.Errorf("the user is %s", got)
	}
}

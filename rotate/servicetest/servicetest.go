//go:build unix

package servicetest

import (
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// patience bounds every wait for a condition. It is long since the machines
// that run tests may be busy; nothing waits longer than it has to.
const patience = 60 * time.Second

// Need returns the path of the first of the named programs that is installed,
// looking in PATH and in the folders where servers are. Without any the test
// is skipped or, in CI, fails.
func Need(t testing.TB, names ...string) string {
	t.Helper()
	for _, name := range names {
		if path := find(name); path != "" {
			return path
		}
	}
	Missing(t, "not installed: "+strings.Join(names, " or "))
	return ""
}

// Missing ends the test since the machine lacks something: it is skipped or,
// in CI, fails.
func Missing(t testing.TB, reason string) {
	t.Helper()
	if os.Getenv("SECRET_TEST_SERVICES") == "required" {
		t.Fatal(reason + " (SECRET_TEST_SERVICES=required)")
	}
	t.Skip(reason)
}

func find(name string) string {
	if path, err := exec.LookPath(name); err == nil {
		return path
	}
	for _, pattern := range []string{"/usr/sbin/", "/usr/local/sbin/", "/usr/lib/postgresql/*/bin/"} {
		found, err := filepath.Glob(pattern + name)
		if err == nil && len(found) > 0 {
			return found[len(found)-1]
		}
	}
	return ""
}

// account is a user of this machine that a server runs as.
type account struct {
	name string // empty for the user who runs the test
	cred *syscall.Credential
	uid  int
	gid  int
}

// serverAccount returns whom a server should run as. Database servers refuse to
// run as root, so that root's tests run them as the user of their package.
func serverAccount(t testing.TB, name string) account {
	t.Helper()
	if os.Getuid() != 0 {
		return account{}
	}
	u, err := user.Lookup(name)
	if err != nil {
		Missing(t, "no user "+name+" to run the server as")
	}
	uid, gid := atoi(t, u.Uid), atoi(t, u.Gid)
	return account{name, &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, uid, gid}
}

func atoi(t testing.TB, s string) int {
	t.Helper()
	n, err := strconv.Atoi(s)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// tempDir makes a directory that acct owns and others may enter. Its path is
// short, as that of a unix socket may be no longer than some 100 bytes.
func tempDir(t testing.TB, acct account) string {
	t.Helper()
	dir, err := os.MkdirTemp("/tmp", "svc")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if acct.name != "" {
		if err := os.Chown(dir, acct.uid, acct.gid); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// freePort returns a port of the loopback address that was free a moment ago.
func freePort(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return port
}

// Await polls until ok returns true, and fails the test if it does not in time.
func Await(t testing.TB, what string, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatalf("waited %v in vain for %s", patience, what)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

func writeFile(t testing.TB, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

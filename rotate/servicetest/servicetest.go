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

// patience bounds every wait for a condition. It is long because the machines that run
// tests may be busy.
const patience = 60 * time.Second

// Need returns the path of the first of the named programs that is installed, in PATH or
// in a directory for servers. If none is, it skips the test or, in CI, fails it.
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

// skipIfShort skips a test that would start a server, with -short.
func skipIfShort(t testing.TB) {
	t.Helper()
	if testing.Short() {
		t.Skip("starts a server")
	}
}

// Missing skips a test, or fails it in CI, because the machine lacks something.
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

// account is the user of this machine as which a server runs.
type account struct {
	name string // empty for the user who runs the test
	cred *syscall.Credential
	uid  int
	gid  int
}

// serverAccount returns the account for a server. Database servers refuse to run as root,
// so that tests of root run them as the user of their package.
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

// tempDir makes a directory that acct owns and others may enter. Its path is short,
// because the path of a unix socket is limited to about 100 bytes.
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

// Await polls until ok returns true, and fails the test if that takes too long.
func Await(t testing.TB, event string, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatalf("waited %v in vain for %s", patience, event)
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

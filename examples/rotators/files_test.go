//go:build unix

package rotators_test

import (
	"crypto/subtle"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"example.org/secret/rotate/servicetest"
)

const otherLines = "someone:$apr1$abcdefgh$ffffffffffffffffffffff\n\n# a comment\napp2:x\n"

// passwordFile makes a password file with one user, and a symbolic link to it.
func passwordFile(t *testing.T, user, password string) fields {
	t.Helper()
	cmd := exec.Command(servicetest.Need(t, "openssl"), "passwd", "-apr1", "-stdin")
	cmd.Stdin = strings.NewReader(password + "\n")
	hash, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "users")
	if err := os.WriteFile(file, []byte(user+":"+string(hash)+otherLines), 0o640); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(file, link); err != nil {
		t.Fatal(err)
	}
	return fields{"username": user, "password": password, "file": link}
}

func TestHtpasswd(t *testing.T) {
	skipIfShort(t)
	t.Parallel()
	servicetest.Need(t, "flock")
	run := func(t *testing.T, passwords []string, drop ...string) {
		for _, user := range []string{"app", `-n o'b"r \ $HOME`} {
			d := newDriver(t, "htpasswd")
			for _, tool := range drop {
				d.without(tool)
			}
			d.current = passwordFile(t, user, "the first")
			for _, password := range passwords {
				d.rotate(password)
				if d.works(d.previous) {
					t.Errorf("%q works after it was replaced", d.previous["password"])
				}
			}
			checkPasswordFile(t, d.current)
		}
	}
	t.Run("openssl", func(t *testing.T) { run(t, nasty, "htpasswd") })
	t.Run("openssl without flock", func(t *testing.T) { run(t, nasty[:2], "htpasswd", "flock") })
	t.Run("htpasswd", func(t *testing.T) {
		servicetest.Need(t, "htpasswd")
		run(t, nasty[:4]) // bcrypt is slow
		d := newDriver(t, "htpasswd")
		d.current = passwordFile(t, "app", "the first")
		d.create(strings.Repeat("long", 19))
		d.refuses("set", 10, "72 bytes")
		d.without("htpasswd")
		d.rotate("the second")
		d.rotate("the third")
	})
}

// checkPasswordFile requires that nothing but the user's line has changed.
func checkPasswordFile(t *testing.T, f fields) {
	t.Helper()
	data, err := os.ReadFile(f["file"])
	if err != nil {
		t.Fatal(err)
	}
	line, others, _ := strings.Cut(string(data), "\n")
	if !strings.HasPrefix(line, f["username"]+":$") || others != otherLines {
		t.Errorf("the file is now\n%s", data)
	}
	target, err := os.Readlink(f["file"])
	if err != nil {
		t.Fatalf("the link was replaced: %v", err)
	}
	info, err := os.Stat(target)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o640 {
		t.Errorf("the file's mode is now %v", info.Mode())
	}
	left, err := filepath.Glob(target + "?*")
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %q, %v", left, err)
	}
}

func TestHtpasswdRefusals(t *testing.T) {
	t.Parallel()
	d := newDriver(t, "htpasswd")
	d.without("htpasswd")
	right := passwordFile(t, "app", "set by hand")
	d.current = right.with("password", "that is dead")
	d.create("the second")
	d.refuses("set", 1, "neither the pending nor the current nor the previous")
	d.previous = right
	d.pending["username"] = "someone"
	d.refuses("set", 1, "for another user or file")
	d.pending["username"] = "app"
	d.must("set")
	d.pending["username"] = "a:b"
	d.refuses("test", 1, "colon")
	d.pending = d.current.with("file", filepath.Join(t.TempDir(), "none"))
	d.refuses("test", 1, "none")
}

// Two users of one file are rotated at once, and neither change is lost.
func TestHtpasswdTogether(t *testing.T) {
	skipIfShort(t)
	t.Parallel()
	servicetest.Need(t, "flock")
	first := passwordFile(t, "app", "the first")
	hash := func(f fields) string {
		data, _ := os.ReadFile(f["file"])
		line, _, _ := strings.Cut(string(data), "\n")
		return strings.TrimPrefix(line, "app:")
	}(first)
	var users []*driver
	var text strings.Builder
	for _, user := range []string{"a", "b", "c", "d", "e", "f"} {
		d := newDriver(t, "htpasswd")
		d.without("htpasswd")
		d.current = first.with("username", user)
		d.create("the second")
		users = append(users, d)
		text.WriteString(user + ":" + hash + "\n")
	}
	if err := os.WriteFile(first["file"], []byte(text.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for _, d := range users {
		wg.Go(func() {
			if r := d.call("set", d.versions); r.code != 0 {
				t.Errorf("set exits with %d: %s", r.code, r.stderr)
			}
		})
	}
	wg.Wait()
	for _, d := range users {
		d.must("test")
	}
}

// With a url, test asks the server and not the file.
func TestHtpasswdURL(t *testing.T) {
	t.Parallel()
	servicetest.Need(t, "curl")
	status := http.StatusNoContent
	var want string
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user, password, _ := r.BasicAuth()
		if user != "app" || subtle.ConstantTimeCompare([]byte(password), []byte(want)) == 0 {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		w.WriteHeader(status)
	}))
	defer s.Close()
	d := newDriver(t, "htpasswd")
	for _, want = range nasty {
		d.pending = fields{"username": "app", "password": want, "file": "/dev/null", "url": s.URL}
		d.must("test")
		d.pending["password"] = "that is wrong"
		d.refuses("test", 1, "status 401")
	}
	status = http.StatusBadGateway
	d.pending["password"] = want
	d.refuses("test", 1, "status 502")
}

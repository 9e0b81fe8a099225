//go:build unix

package rotators_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"example.org/secret/rotate/servicetest"
)

func TestTemplatePython(t *testing.T) {
	skipIfShort(t)
	t.Parallel()
	d := newDriver(t, "template.py")
	d.record("python3", python(t))
	checkTemplate(t, d)
}

// python returns the path of the interpreter itself: the file in PATH may be a script
// that needs programs which a rotator's PATH does not have.
func python(t *testing.T) string {
	t.Helper()
	shim := servicetest.Need(t, "python3")
	out, err := exec.Command(shim, "-c", "import sys; print(sys.executable)").Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}

func TestTemplateGo(t *testing.T) {
	skipIfShort(t)
	t.Parallel()
	program := filepath.Join(t.TempDir(), "rotator")
	out, err := exec.Command(servicetest.Need(t, "go"), "build", "-o", program, "template.go").CombinedOutput()
	if err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	checkTemplate(t, driverFor(t, program))
}

// checkTemplate rotates in the toy service of the templates.
func checkTemplate(t *testing.T, d *driver) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "users.json")
	if err := os.WriteFile(file, []byte(`{"app": "the first", "other": "of another"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	d.current = fields{"username": "app", "password": "the first", "file": file}
	for _, password := range nasty {
		d.rotate(password)
	}
	var users map[string]string
	if err := json.Unmarshal([]byte(read(t, file)), &users); err != nil {
		t.Fatal(err)
	}
	if users["app"] != d.current["password"] || users["other"] != "of another" {
		t.Errorf("the service's passwords are %q", users)
	}

	d.current = d.current.with("password", "that is dead")
	d.previous = d.current.with("password", users["app"])
	d.rotate("the next")

	d.create("too few")
	d.refuses("set", 10, "under 8 characters")
	d.pending = d.pending.with("username", "other")
	d.refuses("set", 1, "for another user")
	d.current = d.current.with("password", "that is dead")
	d.create("the last")
	d.previous = nil
	d.refuses("set", 1, "neither the pending nor the current nor the previous")
	d.refuses("test", 1, "not accepted")
	if r := d.call("later", d.versions); r.code != 0 || r.stdout != "" {
		t.Errorf("an unknown step exits with %d and prints %q", r.code, r.stdout)
	}
}

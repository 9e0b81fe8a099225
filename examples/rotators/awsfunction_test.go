//go:build unix

package rotators_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"example.org/secret/examples/rotators/awsfunction"
	"example.org/secret/rotate/servicetest"
)

// awsDriver writes a rotator that runs the AWS rotation function in file.
func awsDriver(t *testing.T, file string) *driver {
	t.Helper()
	function, err := awsfunction.Find(file, "")
	if err != nil {
		t.Fatal(err)
	}
	source, err := function.Rotator()
	if err != nil {
		t.Fatal(err)
	}
	rotator := filepath.Join(t.TempDir(), "rotator")
	writeProgram(t, rotator, string(source))
	d := driverFor(t, rotator)
	d.record("python3", awsPython(t))
	return d
}

// awsPython returns a Python that has the packages which AWS's functions import.
func awsPython(t *testing.T) string {
	t.Helper()
	for _, python := range []string{"python3", "/usr/bin/python3"} {
		if path, err := exec.LookPath(python); err == nil &&
			exec.Command(path, "-c", "import boto3, psycopg2").Run() == nil {
			return path
		}
	}
	if os.Getenv("SECRET_TEST_SERVICES") == "required" {
		t.Fatal("no Python has boto3 and psycopg2")
	}
	t.Skip("no Python has boto3 and psycopg2")
	return ""
}

func awsUser(s *servicetest.PostgresServer, name string) fields {
	return pgUser(s, name, "the first").with("host", "127.0.0.1")
}

func TestAWSFunctionSingleUser(t *testing.T) {
	t.Parallel()
	s := servicetest.Postgres(t)
	d := awsDriver(t, "awsfunction/testdata/single_user.py")
	for _, user := range []string{"app", `o'br"ien`} {
		d.current, d.previous = awsUser(s, user), nil
		d.rotate("")
		password := d.current["password"]
		if len(password) != 32 || !s.Login(user, password) || s.Login(user, "the first") {
			t.Errorf("the password of %q was not rotated", user)
		}
		if d.current["port"] != s.Port {
			t.Errorf("the port is %q now", d.current["port"])
		}
		if d.works(d.previous) {
			t.Error("the replaced password passes the test")
		}
	}
	live := d.current
	d.current, d.previous = live.with("password", "that is dead"), live
	d.rotate("") // from previous
	d.current, d.previous = d.current.with("password", "that is dead"), nil
	d.create("")
	d.refuses("set", 1, "setSecret: ValueError: Unable to log into database")
	d.refuses("test", 1, "testSecret: ValueError: Unable to log into database")
}

func TestAWSFunctionAlternatingUsers(t *testing.T) {
	t.Parallel()
	s := servicetest.Postgres(t)
	d := awsDriver(t, "awsfunction/testdata/alternating_users.py")
	d.current = awsUser(s, "app").with("masterarn", "arn:aws:secretsmanager:us-east-1:000000000000:secret:boss-a1b2c3")
	d.admin = fields{
		"engine": "postgres", "host": "127.0.0.1", "port": s.Port,
		"username": s.User, "password": s.Password,
	}
	for _, want := range []string{"app_clone", "app", "app_clone"} {
		d.rotate("")
		if d.current["username"] != want || !s.Login(want, d.current["password"]) {
			t.Errorf("%s was not rotated", want)
		}
		if !d.works(d.previous) {
			t.Error("the user before does not work any more")
		}
	}
	d.create("")
	d.admin = nil
	d.refuses("set", 1, "setSecret: ResourceNotFoundException: ")
}

// A function that was changed after the rotator was written does not run.
func TestAWSFunctionChanged(t *testing.T) {
	skipIfShort(t)
	t.Parallel()
	file := filepath.Join(t.TempDir(), "function.py")
	write := func(text string) {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("def lambda_handler(event, context): raise ValueError('it\\nruns')\n")
	d := awsDriver(t, file)
	d.current = fields{"username": "u", "password": "the first"}
	d.refuses("create", 1, "createSecret: ValueError: it runs\n")
	write("def lambda_handler(event, context): pass\n")
	d.refuses("create", 1, "function.py was changed; to accept it")
	d = awsDriver(t, file)
	d.current = fields{"username": "u", "password": "the first"}
	d.refuses("create", 1, "createSecret put no value")
	if r := d.call("describe", d.versions); r.code != 0 || strings.TrimSpace(r.stdout) != "" {
		t.Errorf("describe exits with %d and prints %q", r.code, r.stdout)
	}
}

// A function in JavaScript, with AWS's SDK.
func TestAWSFunctionNode(t *testing.T) {
	t.Parallel()
	node := servicetest.Need(t, "node")
	modules := os.Getenv("NODE_PATH")
	if _, err := os.Stat(filepath.Join(modules, "@aws-sdk/client-secrets-manager")); modules == "" || err != nil {
		if os.Getenv("SECRET_TEST_SERVICES") == "required" {
			t.Fatal("NODE_PATH has no @aws-sdk/client-secrets-manager")
		}
		t.Skip("NODE_PATH has no @aws-sdk/client-secrets-manager")
	}
	dir := t.TempDir()
	source := read(t, "awsfunction/testdata/index.mjs")
	if err := os.WriteFile(filepath.Join(dir, "index.mjs"), []byte(source), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(modules, filepath.Join(dir, "node_modules")); err != nil {
		t.Fatal(err)
	}
	d := awsDriver(t, dir)
	d.record("node", node)
	d.current = fields{"username": "app", "password": "the first"}
	d.rotate("")
	if len(d.current["password"]) != 40 {
		t.Errorf("the function did not make the password")
	}
	d.refuses("test", 1, "testSecret: ResourceNotFoundException: Secrets Manager can't find")
}

//go:build unix

package rotators_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"example.org/secret/rotate/servicetest"
)

const otherKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl other\n"

// keyPair makes a key of another type than the rotator does.
func keyPair(t *testing.T) fields {
	t.Helper()
	file := filepath.Join(t.TempDir(), "key")
	out, err := exec.Command(servicetest.Need(t, "ssh-keygen"),
		"-q", "-t", "ecdsa", "-N", "", "-C", "made by hand", "-f", file).CombinedOutput()
	if err != nil {
		t.Fatalf("ssh-keygen: %v\n%s", err, out)
	}
	return fields{"private_key": read(t, file), "public_key": read(t, file+".pub")}
}

func read(t *testing.T, file string) string {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestSSHKeyInFile(t *testing.T) {
	skipIfShort(t)
	t.Parallel()
	d := newDriver(t, "ssh-key")
	d.kind = "kv"
	d.current = keyPair(t)
	dir := filepath.Join(t.TempDir(), "o'f fice")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "authorized_keys")
	options := `command="echo \"a b\"",restrict `
	text := "# keys\n" + options + d.current["public_key"] + otherKey
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	d.current["authorized_keys"] = file
	for range 2 {
		d.create("")
		d.must("set")
		d.must("set")
		if !d.works(d.current) || !d.works(d.pending) {
			t.Error("not both keys are in the file after set")
		}
		d.promote()
		d.must("finish")
		d.must("finish")
		words := strings.Fields(d.current["public_key"])
		want := "# keys\n" + otherKey + options + words[0] + " " + words[1]
		if got := read(t, file); !strings.HasPrefix(got, want) || strings.Count(got, "\n") != 3 {
			t.Errorf("the file is\n%swant\n%s", got, want)
		}
		if d.works(d.previous) {
			t.Error("the old key is in the file after finish")
		}
	}

	d.create("")
	good := d.versions
	d.pending = good.pending.with("public_key", otherKey)
	d.refuses("set", 1, "is not that of the public key")
	d.refuses("test", 1, "is not that of the public key")
	d.pending = good.pending.with("public_key", "ssh-ed25519 $(id)")
	d.refuses("set", 1, "the public key is not")
	d.pending = good.pending.with("authorized_keys", "keys")
	d.refuses("set", 1, "another account or file")
	d.versions = good
	d.current = keyPair(t)
	d.current["authorized_keys"], d.previous = file, nil
	d.refuses("set", 1, "neither the pending nor the current nor the previous")
	d.previous = good.current
	d.must("set")
}

func TestSSHKeyOverSSH(t *testing.T) {
	t.Parallel()
	servicetest.Need(t, "ssh")
	s := servicetest.SSH(t)
	d := newDriver(t, "ssh-key")
	d.kind = "kv"
	d.current = keyPair(t)
	d.current["host"], d.current["port"], d.current["username"] = s.Host, s.Port, s.User
	d.current["known_hosts"], d.current["authorized_keys"] = s.KnownHosts, s.AuthorizedKeys
	if err := os.WriteFile(s.AuthorizedKeys, []byte(otherKey+d.current["public_key"]), 0o600); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		d.rotate("")
		if !d.works(d.current) || d.works(d.previous) {
			t.Error("not just the new key logs in after finish")
		}
	}
	d.inGrace("", "")
	lines := strings.Split(read(t, s.AuthorizedKeys), "\n")
	if len(lines) != 3 || lines[0]+"\n" != otherKey {
		t.Errorf("the file is %q", lines)
	}
	d.create("")
	d.pending["known_hosts"] = strings.Replace(otherKey, "ssh-", "["+s.Host+"]:"+s.Port+" ssh-", 1)
	d.refuses("test", 1, "Host key verification failed")
}

//go:build unix

package rotators_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// fakeAWS puts the stand-in for aws into the rotator's PATH, and a sleep that does not
// wait. It returns the file of keys.
func fakeAWS(t *testing.T, d *driver) string {
	t.Helper()
	dir := t.TempDir()
	program := filepath.Join(dir, "aws")
	writeProgram(t, program, read(t, "testdata/aws"))
	d.record("aws", program)
	writeProgram(t, filepath.Join(d.bin, "sleep"), "#!/bin/sh\n")
	return filepath.Join(dir, "keys")
}

func TestAWSIAM(t *testing.T) {
	skipIfShort(t)
	t.Parallel()
	d := newDriver(t, "aws-iam")
	d.kind = "kv"
	keys := fakeAWS(t, d)
	count := func() int { return strings.Count(read(t, keys), "\n") }
	add := func(lines string) {
		t.Helper()
		if err := os.WriteFile(keys, []byte(read(t, keys)+lines), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(keys, []byte("AKIAFIRST the/first+secret used\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	d.current = fields{"access_key_id": "AKIAFIRST", "secret_access_key": "the/first+secret"}
	for range 2 {
		d.rotate("")
		if count() != 1 {
			t.Fatalf("after a rotation there are the keys\n%s", read(t, keys))
		}
	}
	if d.works(d.previous) {
		t.Error("the replaced key works after finish")
	}
	d.inGrace("", "", "")

	add("AKIAORPHAN of/an+orphan unused\n") // of a run that was killed in create
	d.rotate("")

	d.create("")
	d.must("set")
	d.must("test")
	d.promote() // and finish fails: the old key is in the way of the next rotation
	d.rotate("")

	add("AKIAOTHER in/use+elsewhere used\n")
	d.refuses("create", 1, "has another key, AKIAOTHER, that is in use")
	d.current = d.current.with("secret_access_key", "that/is+wrong")
	d.refuses("create", 1, "SignatureDoesNotMatch")
	d.pending = d.current
	d.refuses("test", 1, "SignatureDoesNotMatch")
}

package main_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"example.org/secret/crypto/keyring/keyringtest"
)

// A replacement of the master key that is killed at any system call leaves every secret readable, and the next one
// finishes it.
func TestKeyRotateKilledAtEverySystemCall(t *testing.T) {
	t.Parallel()
	needStrace(t)
	template := newOwner(t, build(t, "."))
	template.must(t, "", "rename", "bystander", "renamed")
	before := template.state(t)
	c := killCase{name: "key rotate", args: []string{"key", "rotate"}}
	calls := template.copied(t).traced(t, c)
	switched, kills := 0, 0
	try := func(call string, n int) {
		o := template.copied(t)
		old := filepath.Join(filepath.Dir(o.keyFile), "old")
		if err := os.Link(o.keyFile, old); err != nil {
			t.Fatal(err)
		}
		if !o.killed(t, c, call, n) {
			return
		}
		kills++
		where := fmt.Sprintf("killed at %s %d", call, n)
		if state := o.state(t); state != before {
			t.Errorf("%s: it shows\n%sof\n%s", where, state, before)
		}
		o.must(t, "meanwhile", "set", "target") // another writer does not undo it
		o.must(t, "", "delete", "renamed", "--force", "--yes")
		want := o.state(t)
		if run(t, o.command("--key-file", old, "get", "target"), "").code != 0 {
			switched++
		}
		o.must(t, "", "key", "rotate")
		if state := o.state(t); state != want {
			t.Errorf("%s: the next one leaves\n%sof\n%s", where, state, want)
		}
		o.checkOldKeyIsGone(t, where, old)
	}
	if isLong() {
		sweep(calls, try)
	} else {
		// The calls around which a power cut, or a reader, sees a difference.
		for _, call := range []string{"renameat", "unlinkat", "mkdirat", "fsync"} {
			for n := 1; n <= calls[call]; n++ {
				try(call, n)
			}
		}
	}
	if switched == 0 || switched == kills {
		t.Errorf("of %d kills %d were after the change; both have to be tried", kills, switched)
	}
	t.Logf("%d kills, %d of them after the change", kills, switched)
}

func (o owner) checkOldKeyIsGone(t *testing.T, where, old string) {
	t.Helper()
	if r := run(t, o.command("--key-file", old, "list"), ""); r.code != 4 {
		t.Errorf("%s: list with the old key exits with %d", where, r.code)
	}
	oldText, err := os.ReadFile(old)
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(o.keyFile)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(oldText)) {
		if strings.HasPrefix(line, "AGE") && strings.Contains(string(text), "\n"+line) {
			t.Errorf("%s: the old key in the key file is no comment", where)
		}
	}
	found, err := filepath.Glob(filepath.Join(o.vault, "secrets*"))
	if err != nil || len(found) != 1 {
		t.Errorf("%s: there are %v, %v", where, found, err)
	}
	beside, err := filepath.Glob(filepath.Join(filepath.Dir(o.keyFile), ".*.new"))
	if left := append(o.leftovers(t), beside...); len(left) > 0 || err != nil {
		t.Errorf("%s: left %v, %v", where, left, err)
	}
}

// A keyring that does not take the new key keeps the old one, and the vault opens.
func testKeyRotate(t *testing.T, program string) {
	t.Parallel()
	u, fake := withVault(t, program)
	u.succeeds("key", "rotate")
	for _, change := range []func(*keyringtest.Fake){
		func(f *keyringtest.Fake) { f.Forgets = true },
		func(f *keyringtest.Fake) { f.Storing = keyringtest.Dismissed },
	} {
		fake.Change(change)
		u.hasNoKey([]string{"key", "rotate"}, "nothing was changed, since the keyring cannot get the new key", "did not "+
			"keep the key", "secret key remove keyring")
		fake.Change(func(f *keyringtest.Fake) { f.Forgets, f.Storing = false, keyringtest.NoPrompt })
		if got := u.succeeds("get", "name"); got != "the value" {
			t.Errorf("get prints %q", got)
		}
	}
	var entry string
	fake.Change(func(f *keyringtest.Fake) { f.Answer = func(stored string) string { entry = stored; return stored } })
	u.succeeds("key", "rotate")
	if got := u.succeeds("get", "name"); got != "the value" {
		t.Errorf("get prints %q", got)
	}
	if strings.Count(entry, keyStart) != 1 || fake.Items() != 1 {
		t.Errorf("the keyring has %d entries, with %d keys", fake.Items(), strings.Count(entry, keyStart))
	}
}

// The replacement ends the session. A session that outlives its key does not keep other sources from being used.
func TestKeyRotateEndsTheSession(t *testing.T) {
	t.Parallel()
	o := newOwner(t, build(t, "."))
	before := o.copied(t)
	if r := run(t, o.command("unlock"), ""); r.code != 0 {
		unavailable(t, "no sessions here: %s", r.stderr)
	}
	t.Cleanup(func() { o.must(t, "", "lock") })
	withoutFile := o.command("get", "target")
	withoutFile.Env = append(withoutFile.Env, "SECRET_KEY_FILE=")
	if r := run(t, withoutFile, ""); r.stdout != "second" {
		t.Fatalf("the session gives %q: %s", r.stdout, r.stderr)
	}
	o.must(t, "", "key", "rotate")
	for _, want := range []string{"no --key-file or SECRET_KEY_FILE; give the key", "the session that secret unlock " +
		"opened holds the key of another vault"} {
		withoutFile = o.command("get", "target")
		withoutFile.Env = append(withoutFile.Env, "SECRET_KEY_FILE=")
		if r := run(t, withoutFile, ""); r.code != 4 || !strings.Contains(r.stderr, "no master key for the "+
			"vault") || !strings.Contains(r.stderr, want) {
			t.Errorf("it exits with %d and does not say %q: %s", r.code, want, r.stderr)
		}
		before.must(t, "", "unlock") // a copy of the vault with the old key
	}
}

package main_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// changes are commands that need room in the vault of newOwner.
var changes = [][]string{
	{"set", "fresh", "--generate"},
	{"set", "target", "--generate"},
	{"set", "pairs", "--merge", "B=-"},
	{"delete", "target"},
	{"rename", "target", "moved"},
	{"copy", "target", "copied"},
	{"rollback", "target"},
	{"tag", "target", "a=b"},
	{"label", "target", "mine", "1"},
}

// On a full disk every change is refused with one line that says so, everything
// stays readable, and it works again as soon as there is room.
func TestFullDisk(t *testing.T) {
	skipIfShort(t)
	t.Parallel()
	binary := build(t, ".")
	t.Run("bytes", func(t *testing.T) {
		o := tmpfsOwner(t, binary, "size=64k")
		testFull(t, o, changes, func(filler string) { fillBytes(t, filler, 0) })
	})
	t.Run("one page left", func(t *testing.T) {
		// A rename writes two files, and fails at the second.
		o := tmpfsOwner(t, binary, "size=64k")
		testFull(t, o, [][]string{{"rename", "target", "moved"}}, func(filler string) { fillBytes(t, filler, 1) })
	})
	t.Run("files", func(t *testing.T) {
		o := tmpfsOwner(t, binary, "nr_inodes=16")
		testFull(t, o, changes, func(filler string) { fillInodes(t, filler) })
	})
}

// A replacement of the master key for which there is no room takes none.
func TestFullDiskWhileTheKeyIsReplaced(t *testing.T) {
	skipIfShort(t)
	t.Parallel()
	o := tmpfsOwner(t, build(t, "."), "size=64k")
	o.fill(t)
	before := o.state(t)
	filler := filepath.Join(filepath.Dir(o.vault), "filler")
	fillBytes(t, filler, 2)
	args := []string{"key", "rotate"}
	o.checkRefusal(t, args, run(t, o.command(args...), ""), "no space left on device")
	if state := o.state(t); state != before {
		t.Errorf("the vault changed from\n%sto\n%s", before, state)
	}
	o.must(t, "fits as before", "set", "target")
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	before = o.state(t)
	o.must(t, "", args...)
	if state := o.state(t); state != before {
		t.Errorf("the vault changed from\n%sto\n%s", before, state)
	}
}

// Nor does it take a key file for lost that has no room beside it.
func TestFullDiskOfTheKeyFile(t *testing.T) {
	skipIfShort(t)
	t.Parallel()
	o := tmpfsOwner(t, build(t, "."), "nr_inodes=16")
	dir := filepath.Dir(o.vault)
	o.vault, o.keyFile = filepath.Join(t.TempDir(), "vault"), filepath.Join(dir, "key")
	o.fill(t)
	before := o.state(t)
	filler := filepath.Join(dir, "filler")
	fillInodes(t, filler)
	args := []string{"key", "rotate"}
	r := run(t, o.command(args...), "")
	o.checkRefusal(t, args, r, "no space left on device")
	if strings.Contains(r.stderr, "key remove") {
		t.Errorf("it advises to remove the key file: %s", r.stderr)
	}
	if err := os.RemoveAll(filler); err != nil {
		t.Fatal(err)
	}
	o.must(t, "", args...)
	if state := o.state(t); state != before {
		t.Errorf("the vault changed from\n%sto\n%s", before, state)
	}
}

func testFull(t *testing.T, o owner, changes [][]string, fill func(filler string)) {
	t.Helper()
	o.fill(t)
	before := o.state(t)
	filler := filepath.Join(filepath.Dir(o.vault), "filler")
	fill(filler)
	for _, args := range changes {
		r := run(t, o.command(args...), "piped")
		o.checkRefusal(t, args, r, "no space left on device")
		if state := o.state(t); state != before {
			t.Fatalf("secret %s on a full disk: the vault changed from\n%sto\n%s", args, before, state)
		}
	}
	// Deleting makes room, with whatever the failures left.
	o.must(t, "", "delete", "bystander", "--force", "--yes")
	if err := os.RemoveAll(filler); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"set", "bystander", "--generate"}, {"rename", "target", "moved"}, {"get", "moved"}} {
		o.must(t, "", args...)
	}
	if left := o.leftovers(t); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}

// A limit on the size of files is met in the middle of a file.
func TestFileSizeLimit(t *testing.T) {
	skipIfShort(t)
	t.Parallel()
	o := newOwner(t, build(t, "."))
	before := o.state(t)
	// In dash's unit of 512 bytes, bash's of 1024.
	limited := []string{"sh", "-c", `ulimit -f 2; exec "$@"`, "sh"}
	args := []string{"set", "target"}
	r := run(t, o.wrapped(limited, args...), strings.Repeat("long", 10_000))
	o.checkRefusal(t, args, r, "file too large")
	if state := o.state(t); state != before {
		t.Errorf("the vault changed from\n%sto\n%s", before, state)
	}
	if left := o.leftovers(t); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}

func (o owner) checkRefusal(t *testing.T, args []string, r result, why string) {
	t.Helper()
	if r.code != 1 || r.stdout != "" || strings.Count(r.stderr, "\n") != 1 ||
		!strings.Contains(r.stderr, why) || !strings.Contains(r.stderr, "nothing was changed") {
		t.Errorf("secret %s: exit code %d, %q, %q; want 1 and a line that says %q and that nothing was changed",
			args, r.code, r.stdout, r.stderr, why)
	}
}

// tmpfsOwner makes an owner without a vault yet, whose place is a small tmpfs.
func tmpfsOwner(t *testing.T, binary, options string) owner {
	t.Helper()
	dir := t.TempDir()
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, options+",mode=0700"); err != nil {
		unavailable(t, "mounting a tmpfs: %v", err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(dir, unix.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return owner{binary: binary, vault: filepath.Join(dir, "vault"), keyFile: filepath.Join(t.TempDir(), "key")}
}

// fillBytes takes all pages but a few.
func fillBytes(t *testing.T, path string, free int) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	page := make([]byte, os.Getpagesize())
	var size int64
	for err == nil {
		_, err = f.Write(page)
		size += int64(len(page))
	}
	if !errors.Is(err, unix.ENOSPC) {
		t.Fatalf("filling: %v", err)
	}
	if err := f.Truncate(size - int64((free+1)*len(page))); err != nil {
		t.Fatal(err)
	}
}

func fillInodes(t *testing.T, dir string) {
	t.Helper()
	err := os.Mkdir(dir, 0o700)
	for i := 0; err == nil; i++ {
		err = os.WriteFile(filepath.Join(dir, fmt.Sprint(i)), nil, 0o600)
	}
	if !errors.Is(err, unix.ENOSPC) {
		t.Fatalf("filling: %v", err)
	}
}

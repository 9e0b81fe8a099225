package main_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// The change of a command that succeeded survives a power cut right after it. The test shuts down a file system in a
// file, which drops all that was not synced, and mounts it again. The file systems with these options keep nothing
// else.
func TestPowerCut(t *testing.T) {
	skipIfShort(t)
	binary := build(t, ".")
	for _, fs := range []struct{ name, size, mkfs, options string }{
		{"ext4", "32M", "mkfs.ext4 -q -F", "noauto_da_alloc,commit=1000"},
		{"xfs", "320M", "mkfs.xfs -q -f", ""},
	} {
		t.Run(fs.name, func(t *testing.T) {
			d := newDisk(t, fs.name, fs.size, fs.mkfs, fs.options)
			// Below directories that are new as well.
			o := owner{
				binary: binary, vault: filepath.Join(d.mountPoint, "a", "b", "vault"),
				keyFile: filepath.Join(d.mountPoint, "c", "d", "key"),
			}
			for _, c := range []killCase{
				{"init", []string{"init"}, ""},
				{"new", []string{"set", "target"}, "first"},
				{"update", []string{"set", "target"}, "second"},
				{"another", []string{"set", "pairs", "A=-"}, "1"},
				{"rollback", []string{"rollback", "target"}, ""},
				{"rename", []string{"rename", "target", "moved"}, ""},
				{"delete", []string{"delete", "pairs"}, ""},
				{"force-delete", []string{"delete", "moved", "--force", "--yes"}, ""},
				{"after all", []string{"set", "moved"}, "third"},
			} {
				o.must(t, c.stdin, c.args...)
				state := o.state(t)
				d.cutPower(t)
				if after := o.state(t); after != state {
					t.Errorf("%s: a power cut turned\n%sinto\n%s", c.name, state, after)
				}
			}
			o.cutWhileImporting(t, d)
			if left := o.leftovers(t); len(left) > 0 {
				t.Errorf("left: %v", left)
			}
		})
	}
}

// cutWhileImporting cuts the power while the files of an import move to their places.
func (o owner) cutWhileImporting(t *testing.T, d *disk) {
	t.Helper()
	const many = 200
	cmd := o.command(importArgs...)
	cmd.Stdin = strings.NewReader(imported(t, many, 10))
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	await(t, func() bool {
		files, err := filepath.Glob(filepath.Join(o.vault, "secrets", "*.age"))
		return err != nil || len(files) > many/10
	})
	if err := cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	d.shutDown(t)
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
	d.mountAgain(t)
	// The commit was on the disk before the first file moved.
	if got := strings.Count(o.must(t, "", "list"), "\n"); got < many {
		t.Errorf("after a power cut in an import of %d secrets %d are there", many, got)
	}
	o.must(t, "", "set", "next", "--generate")
}

// disk is a file system in a file, mounted through a loop device.
type disk struct {
	image, kind, options, mountPoint string
}

func newDisk(t *testing.T, kind, size, mkfs, options string) *disk {
	t.Helper()
	dir := t.TempDir()
	d := &disk{filepath.Join(dir, "image"), kind, options, filepath.Join(dir, "mnt")}
	if options != "" {
		d.options = "," + options
	}
	script := fmt.Sprintf("truncate -s %s %s && PATH=$PATH:/usr/sbin:/sbin %s %s && mkdir %s", size, d.image, mkfs,
		d.image, d.mountPoint)
	if output, err := exec.Command("sh", "-c", script).CombinedOutput(); err != nil {
		unavailable(t, "making a file system: %v: %s", err, output)
	}
	if err := d.mount(); err != nil {
		unavailable(t, "mounting: %v", err)
	}
	t.Cleanup(func() {
		if err := d.unmount(); err != nil {
			t.Error(err)
		}
	})
	return d
}

// mount lets mount(8) set up the loop device, which goes away with the mount.
func (d *disk) mount() error {
	output, err := exec.Command("mount", "-t", d.kind, "-o", "loop"+d.options, d.image, d.mountPoint).CombinedOutput()
	if err != nil {
		return fmt.Errorf("%w: %s", err, output)
	}
	return nil
}

func (d *disk) unmount() error {
	output, err := exec.Command("umount", d.mountPoint).CombinedOutput()
	if err != nil {
		return fmt.Errorf("%w: %s", err, output)
	}
	return nil
}

// cutPower shuts the file system down without writing its memory, and mounts it again. It checks that a file which was
// not synced is lost.
func (d *disk) cutPower(t *testing.T) {
	t.Helper()
	unsynced := filepath.Join(d.mountPoint, "unsynced")
	if err := os.WriteFile(unsynced, []byte("gone"), 0o600); err != nil {
		t.Fatal(err)
	}
	d.shutDown(t)
	d.mountAgain(t)
	if _, err := os.Stat(unsynced); err == nil {
		t.Fatal("the power cut lost nothing, and proves nothing")
	}
}

// shutDown makes the file system drop all that is not on the disk, and refuse all calls.
func (d *disk) shutDown(t *testing.T) {
	t.Helper()
	const (
		shutdown  = 0x8004587d // EXT4_IOC_SHUTDOWN and XFS_IOC_GOINGDOWN
		noLogSync = 2
	)
	f, err := os.Open(d.mountPoint)
	if err != nil {
		t.Fatal(err)
	}
	how := uint32(noLogSync)
	_, _, errno := unix.Syscall(unix.SYS_IOCTL, f.Fd(), shutdown, uintptr(unsafe.Pointer(&how)))
	f.Close()
	if errno != 0 {
		t.Fatalf("shutting the file system down: %v", errno)
	}
}

func (d *disk) mountAgain(t *testing.T) {
	t.Helper()
	if err := d.unmount(); err != nil {
		t.Fatal(err)
	}
	if err := d.mount(); err != nil {
		t.Fatal(err)
	}
}

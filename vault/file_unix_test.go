//go:build unix

package vault_test

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"example.org/secret/vault"
	"example.org/secret/vault/durable"
)

// planted are the things that may stand in the place of a file.
var planted = map[string]func(t *testing.T, path string){
	"a symlink to a file": func(t *testing.T, path string) {
		elsewhere := filepath.Join(t.TempDir(), "elsewhere")
		writeFile(t, elsewhere, []byte("elsewhere"))
		symlink(t, elsewhere, path)
	},
	"a dangling symlink": func(t *testing.T, path string) { symlink(t, filepath.Join(t.TempDir(), "nothing"), path) },
	"a looping symlink":  func(t *testing.T, path string) { symlink(t, path, path) },
	"a directory":        func(t *testing.T, path string) { writeFile(t, filepath.Join(path, "file"), nil) },
	"a FIFO": func(t *testing.T, path string) {
		if err := syscall.Mkfifo(path, 0o600); err != nil {
			t.Fatal(err)
		}
	},
	"a socket": func(t *testing.T, path string) {
		// The path of a socket is short.
		t.Chdir(filepath.Dir(path))
		l, err := net.Listen("unix", filepath.Base(path))
		if err != nil {
			t.Skip("no socket can be made here:", err)
		}
		t.Cleanup(func() { l.Close() })
	},
}

func symlink(t *testing.T, to, path string) {
	t.Helper()
	if err := os.Symlink(to, path); err != nil {
		t.Fatal(err)
	}
}

// soon fails a test whose call waits for ever, as opening a FIFO does.
func soon(t *testing.T, what string, call func() error) error {
	t.Helper()
	done := make(chan error, 1)
	go func() { done <- call() }()
	select {
	case err := <-done:
		return err
	case <-time.After(time.Minute):
		t.Fatalf("%s hangs", what)
		return nil
	}
}

func wantNotFollowed(t *testing.T, path string) {
	t.Helper()
	target, err := os.Readlink(path)
	if err != nil || target == path {
		return
	}
	if data, err := os.ReadFile(target); err == nil && string(data) != "elsewhere" {
		t.Errorf("%s was written through", path)
	} else if filepath.Base(target) == "nothing" && err == nil {
		t.Errorf("%s was made through a symlink", target)
	}
}

func TestPlantedAtAFile(t *testing.T) {
	for what, plant := range planted {
		for _, file := range []string{"the secret", "secrets/.rename", "lock", "vault.yaml", "unlock/passphrase.age"} {
			t.Run(what+" at "+file, func(t *testing.T) {
				v, dir, _ := newVault(t)
				set(t, v, "s", "one")
				if err := v.AddUnlocker(vault.Passphrase, keep("sealed")); err != nil {
					t.Fatal(err)
				}
				header, err := vault.ReadHeader(dir)
				if err != nil {
					t.Fatal(err)
				}
				path := filepath.Join(dir, file)
				if file == "the secret" {
					path = pathOf(t, dir, "s")
				}
				remove(t, path)
				plant(t, path)
				read := func() error { _, err := v.Get("s"); return err }
				write := func() error {
					_, err := v.Update("s", func(s *vault.Secret) error { return s.Add(text("two")) })
					return err
				}
				switch file {
				case "the secret":
					wantError(t, soon(t, "Get", read), vault.ErrDamaged)
					wantError(t, soon(t, "Update", write), vault.ErrDamaged)
					if listing, err := v.List(); err != nil || len(listing.Damaged) != 1 ||
						!errors.Is(listing.Damaged[0], vault.ErrDamaged) {
						t.Errorf("List: %v, %v", listing.Damaged, err)
					}
				case "lock", "secrets/.rename":
					wantError(t, soon(t, "Update", write), vault.ErrDamaged)
					wantValue(t, v, "s", "one")
				case "vault.yaml":
					wantError(t, soon(t, "ReadHeader", func() error { _, err := vault.ReadHeader(dir); return err }), vault.ErrDamaged)
				default:
					wantError(t, soon(t, "ReadSealedKey",
						func() error { _, err := header.ReadSealedKey(vault.Passphrase); return err }), vault.ErrDamaged)
				}
				wantNotFollowed(t, path)
			})
		}
	}
}

// The temporary file is ours to clear away. A directory with something in it is
// nobody's to clear away.
func TestPlantedAtTheTemporaryFile(t *testing.T) {
	for what, plant := range planted {
		t.Run(what, func(t *testing.T) {
			v, dir, _ := newVault(t)
			set(t, v, "s", "one")
			path := filepath.Join(dir, "secrets", ".new")
			plant(t, path)
			target, _ := os.Readlink(path)
			err := soon(t, "Update", func() error {
				_, err := v.Update("s", func(s *vault.Secret) error { return s.Add(text("two")) })
				return err
			})
			if what == "a directory" {
				if err == nil {
					t.Error("no error")
				}
				wantValue(t, v, "s", "one")
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			wantValue(t, v, "s", "two")
			if data, err := os.ReadFile(target); err == nil && string(data) != "elsewhere" {
				t.Errorf("%s was written through", path)
			}
		})
	}
}

func TestPlantedAtADirectory(t *testing.T) {
	for _, name := range []string{"secrets", "unlock"} {
		t.Run(name, func(t *testing.T) {
			v, dir, c := newVault(t)
			elsewhere := filepath.Join(t.TempDir(), "elsewhere")
			if err := os.Mkdir(elsewhere, 0o700); err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(dir, name)
			remove(t, path)
			symlink(t, elsewhere, path)
			_, err := v.Upsert("s", func(s *vault.Secret) error { return s.Add(text("one")) })
			if name == "unlock" {
				err = v.AddUnlocker(vault.Passphrase, keep("sealed"))
			}
			wantError(t, err, vault.ErrDamaged)
			if entries, err := os.ReadDir(elsewhere); err != nil || len(entries) != 0 {
				t.Errorf("written out of the vault: %v, %v", entries, err)
			}
			header, err := vault.ReadHeader(dir)
			if err != nil {
				t.Fatal(err)
			}
			if name == "secrets" {
				_, err = vault.Open(header, parseKey(t, testMaster, testVaultID), options(c))
				wantError(t, err, vault.ErrDamaged)
			}
		})
	}
}

// The sealed master key of one vault is not read or removed through a link of another.
func TestUnlockersBehindALink(t *testing.T) {
	v, dir, _ := newVault(t)
	if err := v.AddUnlocker(vault.Passphrase, keep("sealed")); err != nil {
		t.Fatal(err)
	}
	path, elsewhere := filepath.Join(dir, "unlock"), filepath.Join(t.TempDir(), "unlock")
	if err := os.Rename(path, elsewhere); err != nil {
		t.Fatal(err)
	}
	symlink(t, elsewhere, path)
	header, err := vault.ReadHeader(dir)
	if err != nil {
		t.Fatal(err)
	}
	_, err = header.ReadSealedKey(vault.Passphrase)
	wantError(t, err, vault.ErrDamaged)
	wantError(t, v.RemoveUnlocker(vault.Passphrase), vault.ErrDamaged)
	readFile(t, filepath.Join(elsewhere, "passphrase.age"))
}

func TestPlantedAtTheLockOfARotation(t *testing.T) {
	for what, plant := range planted {
		t.Run(what, func(t *testing.T) {
			v, dir, _ := newVault(t)
			s := set(t, v, "s", "one")
			path := filepath.Join(dir, "rotating", s.ID+".lock")
			if err := os.Mkdir(filepath.Dir(path), 0o700); err != nil {
				t.Fatal(err)
			}
			plant(t, path)
			wantError(t, soon(t, "LockRotation", func() error { _, err := v.LockRotation(s); return err }), vault.ErrDamaged)
			wantNotFollowed(t, path)
		})
	}
}

// The vault itself may well be a symlink: the user named it.
func TestVaultBehindASymlink(t *testing.T) {
	v, dir, c := newVault(t)
	set(t, v, "s", "one")
	link := filepath.Join(t.TempDir(), "link")
	symlink(t, dir, link)
	other := openVault(t, link, options(c))
	set(t, other, "s", "two")
	wantValue(t, v, "s", "two")

	empty := private(t)
	link2 := filepath.Join(t.TempDir(), "link")
	symlink(t, empty, link2)
	if _, err := vault.Create(link2, testVaultID, parseKey(t, testMaster, testVaultID),
		vault.SealedKeys{vault.KeyFile: nil}, options(c)); err != nil {
		t.Error(err)
	}
}

// A planted file must not fill the memory.
func TestHugeFile(t *testing.T) {
	v, dir, _ := newVault(t)
	set(t, v, "s", "one")
	if err := os.Truncate(pathOf(t, dir, "s"), 1<<40); err != nil {
		t.Skip("no sparse files here:", err)
	}
	_, err := v.Get("s")
	wantError(t, err, vault.ErrDamaged)
}

func TestReplaceFileLeavesOneFile(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "made")
	path := filepath.Join(dir, "config.yaml")
	for _, text := range []string{"first", "second"} {
		if err := durable.Replace(path, []byte(text)); err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(path)
		if err != nil || string(got) != text {
			t.Errorf("there is %q, %v; want %q", got, err, text)
		}
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 {
		t.Errorf("the directory has %v, %v", entries, err)
	}
}

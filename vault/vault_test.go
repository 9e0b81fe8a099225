package vault_test

import (
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"example.org/secret/vault"
)

func TestCreate(t *testing.T) {
	_, dir, c := newVault(t)
	key := parseKey(t, testMaster, testVaultID)
	header, err := vault.ReadHeader(dir)
	if err != nil {
		t.Fatal(err)
	}
	if header.ID != testVaultID || header.Format != 1 || !header.Created.Equal(start) || header.Check != key.Check() ||
		!slices.Equal(header.Unlock, []vault.Unlocker{vault.KeyFile}) || !header.Has(vault.KeyFile) ||
		header.Has(vault.Keyring) {
		t.Errorf("%+v", header)
	}
	before := readFile(t, filepath.Join(dir, "vault.yaml"))
	_, err = vault.Create(dir, aUUID, key, vault.SealedKeys{vault.Keyring: nil}, options(c))
	wantError(t, err, vault.ErrExists)
	if after := readFile(t, filepath.Join(dir, "vault.yaml")); string(after) != string(before) {
		t.Error("the header was replaced")
	}
}

func TestModes(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no modes")
	}
	parent := filepath.Join(t.TempDir(), "a", "b")
	dir := filepath.Join(parent, "vault")
	v, err := vault.Create(dir, testVaultID, parseKey(t, testMaster, testVaultID),
		vault.SealedKeys{vault.Passphrase: []byte("sealed")}, options(newClock()))
	if err != nil {
		t.Fatal(err)
	}
	set(t, v, "s", "one")
	err = filepath.Walk(parent, func(path string, info os.FileInfo, err error) error {
		if err != nil {
			return err
		}
		want := os.FileMode(0o600)
		if info.IsDir() {
			want = 0o700
		}
		if info.Mode().Perm() != want {
			t.Errorf("%s has mode %o", path, info.Mode())
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	for _, mode := range []os.FileMode{0o755, 0o710, 0o701, 0o770} {
		if err := os.Chmod(dir, mode); err != nil {
			t.Fatal(err)
		}
		_, err := vault.ReadHeader(dir)
		wantError(t, err, vault.ErrExposed)
		if err != nil && !strings.Contains(err.Error(), "chmod 700 "+dir) {
			t.Errorf("the error gives no advice: %v", err)
		}
	}
}

func TestNoVault(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	writeFile(t, file, nil)
	for what, dir := range map[string]string{"nothing": file + "s", "a file": file, "an empty directory": private(t)} {
		t.Run(what, func(t *testing.T) {
			_, err := vault.ReadHeader(dir)
			wantError(t, err, vault.ErrNoVault)
		})
	}
}

func private(t *testing.T) string {
	dir := filepath.Join(t.TempDir(), "vault")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	return dir
}

// A vault whose making was cut off is no vault yet and can be made again.
func TestHalfInitialised(t *testing.T) {
	dir := private(t)
	for _, file := range []string{"lock", ".new", "unlock/.new", "unlock/passphrase.age"} {
		writeFile(t, filepath.Join(dir, file), []byte("x"))
		_, err := vault.ReadHeader(dir)
		wantError(t, err, vault.ErrNoVault)
	}
	v, err := vault.Create(dir, testVaultID, parseKey(t, testMaster, testVaultID),
		vault.SealedKeys{vault.Passphrase: []byte("sealed")}, options(newClock()))
	if err != nil {
		t.Fatal(err)
	}
	set(t, v, "s", "one")
	wantNoFile(t, filepath.Join(dir, ".new"))
	wantNoFile(t, filepath.Join(dir, "unlock", ".new"))

	// A header that is gone while secrets are there is damage, and must not make
	// room for another vault.
	remove(t, filepath.Join(dir, "vault.yaml"))
	_, err = vault.ReadHeader(dir)
	wantError(t, err, vault.ErrDamaged)
	_, err = vault.Create(dir, aUUID, parseKey(t, testMaster, aUUID), vault.SealedKeys{vault.KeyFile: nil},
		options(newClock()))
	wantError(t, err, vault.ErrDamaged)
}

// header returns a header with lines replaced and the right checksum.
func header(replace ...string) string {
	body := strings.NewReplacer(replace...).Replace(`# A comment.
format: 1
vault: 6f1c3a52-9d0e-4b7a-8c21-5e4f7a90b3d6
created: 2026-03-01T12:00:00Z
unlock: [key-file]
check: 0123456789abcdef0123456789abcdef
`)
	return body + fmt.Sprintf("checksum: %x\n", sha256.Sum256([]byte(body)))
}

func TestHeader(t *testing.T) {
	good := header()
	for what, test := range map[string]struct {
		text string
		want error
	}{
		"as it should be":   {good, nil},
		"a member of later": {header("check:", "motto: x\ncheck:"), nil},
		"a way of later":    {header("[key-file]", "[key-file, tpm-2]"), nil},
		"no way":            {header("[key-file]", "[]"), nil},
		"newer":             {header("format: 1", "format: 2"), vault.ErrNewerFormat},
		"newer, of other types": {
			header("format: 1", "format: 2", "[key-file]", "{a: [b]}", "created: 2026", "created: x"),
			vault.ErrNewerFormat,
		},
		"newer, with a list":   {header("format: 1", "format: 7", "vault: 6f", "vaults: [a]\nid: "), vault.ErrNewerFormat},
		"format 0":             {header("format: 1", "format: 0"), vault.ErrDamaged},
		"no format":            {header("format: 1\n", ""), vault.ErrDamaged},
		"format in words":      {header("format: 1", "format: one"), vault.ErrDamaged},
		"no id":                {header("vault: ", "vaults: "), vault.ErrDamaged},
		"an id that is a path": {header("6f1c3a52", "../../../6f1c3a52"), vault.ErrDamaged},
		"an id in capitals":    {header("6f1c3a52", "6F1C3A52"), vault.ErrDamaged},
		"an id of two lines": {
			header("vault: 6f1c3a52-9d0e-4b7a-8c21-5e4f7a90b3d6", `vault: "a\nformat: 1"`),
			vault.ErrDamaged,
		},
		"a short check":           {header("check: 01", "check: "), vault.ErrDamaged},
		"a way that is a path":    {header("key-file", "../../x"), vault.ErrDamaged},
		"a line twice":            {header("format: 1", "format: 1\nformat: 1"), vault.ErrDamaged},
		"not YAML":                {header("vault:", "\tvault"), vault.ErrDamaged},
		"a list":                  {header("format: 1", "- format: 1"), vault.ErrDamaged},
		"CRLF":                    {strings.ReplaceAll(good, "\n", "\r\n"), vault.ErrDamaged},
		"a space behind":          {good + " ", vault.ErrDamaged},
		"a line behind":           {good + "motto: x\n", vault.ErrDamaged},
		"BOM":                     {"\ufeff" + good, vault.ErrDamaged},
		"empty":                   {"", vault.ErrDamaged},
		"zeros":                   {strings.Repeat("\x00", len(good)), vault.ErrDamaged},
		"no checksum":             {good[:strings.Index(good, "checksum")], vault.ErrDamaged},
		"only a checksum":         {"\n" + good[strings.Index(good, "checksum"):], vault.ErrDamaged},
		"checksum in capitals":    {good[:len(good)-65] + strings.ToUpper(good[len(good)-65:]), vault.ErrDamaged},
		"merge conflict":          {"<<<<<<< HEAD\n" + good + "=======\n" + good + ">>>>>>> other\n", vault.ErrDamaged},
		"larger than any of ours": {good + strings.Repeat("#", 64<<10), vault.ErrDamaged},
	} {
		t.Run(what, func(t *testing.T) {
			dir := private(t)
			writeFile(t, filepath.Join(dir, "vault.yaml"), []byte(test.text))
			h, err := vault.ReadHeader(dir)
			if !errors.Is(err, test.want) || (err == nil) != (h != nil) {
				t.Errorf("%+v, %v; want %v", h, err, test.want)
			}
		})
	}
}

func TestUnlockers(t *testing.T) {
	v, dir, _ := newVault(t)
	read := func() *vault.Header {
		t.Helper()
		h, err := vault.ReadHeader(dir)
		if err != nil {
			t.Fatal(err)
		}
		return h
	}
	wantError(t, v.RemoveUnlocker(vault.KeyFile), vault.ErrInvalid) // the only one
	wantError(t, v.RemoveUnlocker(vault.Keyring), vault.ErrNotFound)
	for _, sealed := range []string{"one", "two"} {
		if err := v.AddUnlocker(vault.Passphrase, keep(sealed)); err != nil {
			t.Fatal(err)
		}
		if got, err := read().ReadSealedKey(vault.Passphrase); err != nil || string(got) != sealed {
			t.Errorf("%q, %v", got, err)
		}
	}
	wantError(t, v.AddUnlocker(vault.Passphrase, keep(string(make([]byte, 1<<20)))), vault.ErrInvalid) // more than is read
	if got, err := read().ReadSealedKey(vault.Passphrase); err != nil || string(got) != "two" {
		t.Errorf("%q, %v", got, err)
	}
	if err := v.AddUnlocker(vault.Keyring, keep("")); err != nil {
		t.Fatal(err)
	}
	if err := v.RemoveUnlocker(vault.KeyFile); err != nil {
		t.Fatal(err)
	}
	if h := read(); !slices.Equal(h.Unlock, []vault.Unlocker{vault.Passphrase, vault.Keyring}) || !h.Created.Equal(start) {
		t.Errorf("%+v", h)
	}
	if err := v.RemoveUnlocker(vault.Passphrase); err != nil {
		t.Fatal(err)
	}
	wantNoFile(t, filepath.Join(dir, "unlock", "passphrase.age"))
	_, err := read().ReadSealedKey(vault.Passphrase)
	wantError(t, err, vault.ErrDamaged)
}

// git and file syncers drop empty directories.
func TestMissingDirectories(t *testing.T) {
	_, dir, c := newVault(t)
	remove(t, filepath.Join(dir, "secrets"))
	remove(t, filepath.Join(dir, "lock"))
	v := openVault(t, dir, options(c))
	if names := listed(t, v); len(names) != 0 {
		t.Error(names)
	}
	_, err := v.Get("s")
	wantError(t, err, vault.ErrNotFound)
	set(t, v, "s", "one")
	wantValue(t, v, "s", "one")
}

// Files that are not ours must break nothing, and stay.
func TestForeignFiles(t *testing.T) {
	v, dir, c := newVault(t)
	set(t, v, "s", "one")
	foreign := []string{
		".git/config", "README", "secrets/README", "secrets/.DS_Store", "secrets/x.age", "secrets/x.age~",
		"secrets/sub/dir.age", "secrets/s.sync-conflict-20260301.age", "keys/other.age", "unlock/x.age",
		"secrets/" + strings.ToUpper(filepath.Base(pathOf(t, dir, "t"))), "secrets/" +
			filepath.Base(pathOf(t, dir, "t")) + ".tmp",
	}
	for _, file := range foreign {
		writeFile(t, filepath.Join(dir, file), []byte("x"))
	}
	v = openVault(t, dir, options(c))
	if names := listed(t, v); !slices.Equal(names, []vault.Name{"s"}) {
		t.Error(names)
	}
	set(t, v, "s", "two")
	if _, err := v.Purge(); err != nil {
		t.Error(err)
	}
	wantValue(t, v, "s", "two")
	for _, file := range foreign {
		readFile(t, filepath.Join(dir, file))
	}
}

func TestLeftoversAreSwept(t *testing.T) {
	v, dir, _ := newVault(t)
	set(t, v, "s", "one")
	leftover := filepath.Join(dir, "secrets", ".new")
	writeFile(t, leftover, readFile(t, pathOf(t, dir, "s"))[:100])
	wantValue(t, v, "s", "one")
	if names := listed(t, v); len(names) != 1 {
		t.Error(names)
	}
	set(t, v, "s", "two")
	wantNoFile(t, leftover)
}

func TestBusy(t *testing.T) {
	v, dir, c := newVault(t)
	set(t, v, "s", "one")
	out := options(c)
	out.LockTimeout = 1
	other := openVault(t, dir, out)
	update(t, v, "s", func(s *vault.Secret) error {
		_, err := other.Update("s", func(*vault.Secret) error { t.Error("called"); return nil })
		wantError(t, err, vault.ErrBusy)
		wantValue(t, other, "s", "one") // readers do not wait
		return s.Add(text("two"))
	})
	wantValue(t, other, "s", "two")
}

func TestNewID(t *testing.T) {
	a, err := vault.NewID(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if b, err := vault.NewID(rand.Reader); err != nil || a == b {
		t.Errorf("%s and %s, %v", a, b, err)
	}
}

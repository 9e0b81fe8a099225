package clients_test

import (
	"crypto/rand"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"example.org/secret/cmd/secret/internal/endpoint/clients"
	"example.org/secret/crypto"
	"example.org/secret/vault"
)

func newVault(t *testing.T) *vault.Vault {
	t.Helper()
	id, err := vault.NewID(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	master, err := crypto.GenerateMasterKey()
	if err != nil {
		t.Fatal(err)
	}
	key, err := crypto.DeriveVaultKey(master, id, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	options := vault.Options{Now: time.Now, Rand: rand.Reader, History: 100, LockTimeout: time.Minute}
	v, err := vault.Create(filepath.Join(t.TempDir(), "vault"), id, key, nil, options)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// allows reports whether a client may use a name, and whether it may write.
func allows(d *clients.Directory, client, name string) (read, write bool) {
	p := d.Permission(client)
	for _, allow := range p.Allow {
		read = read || allow(name)
	}
	return read, p.Write
}

func TestDirectorySeesChangesAtOnce(t *testing.T) {
	v := newVault(t)
	d := &clients.Directory{Open: func() (*vault.Vault, error) { return v, nil }}
	if _, found := d.Find("AKIA"); found {
		t.Error("it finds a client in an empty vault")
	}
	web, err := clients.Add(v, rand.Reader, "web", []string{"prod/*"}, false)
	if err != nil {
		t.Fatal(err)
	}
	if found, ok := d.Find(web.ID); !ok || found != web.Client {
		t.Errorf("it finds %q", found.Name)
	}
	if read, write := allows(d, "web", "prod/db"); !read || write {
		t.Error("the client may not read, or may write")
	}
	if read, _ := allows(d, "web", "other"); read {
		t.Error("the client may read other names")
	}
	if err := clients.Remove(v, "web"); err != nil {
		t.Fatal(err)
	}
	if _, found := d.Find(web.ID); found {
		t.Error("it finds a client that was removed")
	}
	if read, _ := allows(d, "web", "prod/db"); read {
		t.Error("a client that was removed may read")
	}
	// A new client of that name has another key, and the old one stays without effect.
	again, err := clients.Add(v, rand.Reader, "web", nil, true)
	if err != nil {
		t.Fatal(err)
	}
	if _, found := d.Find(web.ID); found || again.ID == web.ID {
		t.Error("the old key works again")
	}
	if read, write := allows(d, "web", "anything"); !read || !write {
		t.Error("a client without patterns may not use all secrets")
	}
}

func TestOnlySomeClients(t *testing.T) {
	v := newVault(t)
	d := &clients.Directory{Open: func() (*vault.Vault, error) { return v, nil }, Only: []string{"one"}}
	for name, want := range map[string]bool{"one": true, "other": false} {
		c, err := clients.Add(v, rand.Reader, name, nil, false)
		if err != nil {
			t.Fatal(err)
		}
		if _, found := d.Find(c.ID); found != want {
			t.Errorf("%s is found: %v", name, found)
		}
	}
}

func TestAddRefuses(t *testing.T) {
	v := newVault(t)
	if _, err := clients.Add(v, rand.Reader, "web", nil, false); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]error{"web": vault.ErrExists, "a/b": vault.ErrInvalid, "": vault.ErrInvalid} {
		if _, err := clients.Add(v, rand.Reader, name, nil, false); !errors.Is(err, want) {
			t.Errorf("%q: %v", name, err)
		}
	}
	if _, err := clients.Add(v, rand.Reader, "x", []string{"["}, false); !errors.Is(err, vault.ErrInvalid) {
		t.Errorf("a wrong glob: %v", err)
	}
	if err := clients.Remove(v, "nobody"); !errors.Is(err, vault.ErrNotFound) {
		t.Errorf("nobody: %v", err)
	}
}

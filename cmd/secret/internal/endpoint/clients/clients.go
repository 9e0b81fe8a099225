// Package clients keeps the programs that may use a served vault, each with a key pair and a permission.
//
// A client is a secret in the vault, named secret-serve/NAME. So it is sealed, versioned, backed up and joined as all
// others are, and needs no format of its own. The endpoint shows these secrets to no client.
package clients

import (
	"cmp"
	"errors"
	"io"
	"slices"
	"strings"
	"sync"

	"example.org/secret/cmd/secret/internal/endpoint"
	"example.org/secret/cmd/secret/internal/endpoint/wire"
	"example.org/secret/cmd/secret/internal/usage"
	"example.org/secret/vault"
)

// Client is a program with a key pair of its own.
type Client struct {
	wire.Client
	Allow []string // names and globs; empty for all secrets
	Write bool
}

// The fields of a client's secret.
const (
	keyIDField  = "access_key_id"
	secretField = "secret_access_key"
	allowField  = "allow" // separated by commas, which no name has
	writeField  = "write" // yes or no
)

func secretName(client string) (vault.Name, error) {
	if client == "" || strings.Contains(client, "/") {
		return "", usage.Errorf("%q cannot be the name of a client; use letters, digits and hyphens", client)
	}
	return vault.ParseName(endpoint.ReservedPrefix + client)
}

// Add makes a client with a new key pair. The error is [vault.ErrExists] if there is one of that name, and
// [vault.ErrInvalid] for a name or a glob that is none.
func Add(v *vault.Vault, rand io.Reader, client string, allow []string, write bool) (Client, error) {
	name, err := secretName(client)
	if err != nil {
		return Client{}, err
	}
	for _, pattern := range allow {
		if strings.Contains(pattern, ",") {
			return Client{}, usage.Errorf("%q has a comma, which no name has; give each pattern by itself", pattern)
		}
	}
	if _, err := endpoint.NewPermission(allow, write); err != nil {
		return Client{}, err
	}
	pair, err := wire.NewKeyPair(rand)
	if err != nil {
		return Client{}, err
	}
	c := Client{wire.Client{Name: client, KeyPair: pair}, allow, write}
	_, err = v.Upsert(name, func(s *vault.Secret) error {
		if s.Exists() {
			return vault.Errorf(vault.ErrExists, "there is a client named %q already", client)
		}
		fields := map[string]vault.Bytes{
			keyIDField: vault.Bytes(pair.ID), secretField: vault.Bytes(pair.Secret),
			allowField: vault.Bytes(strings.Join(allow, ",")), writeField: vault.Bytes("no"),
		}
		if write {
			fields[writeField] = vault.Bytes("yes")
		}
		return s.Add(vault.NewVersion{Kind: vault.KV, Value: vault.Value{Fields: fields}, Origin: vault.OriginSet})
	})
	return c, err
}

// Get reads a client. The error is [vault.ErrNotFound] if there is none of that name.
func Get(v *vault.Vault, client string) (Client, error) {
	name, err := secretName(client)
	if err != nil {
		return Client{}, err
	}
	s, err := v.Get(name)
	if errors.Is(err, vault.ErrNoSecret) || err == nil && s.Deleted() != nil {
		return Client{}, vault.Errorf(vault.ErrNotFound, "there is no client named %q", client)
	}
	if err != nil {
		return Client{}, err
	}
	current, err := s.Find(vault.Selector{})
	if err != nil {
		return Client{}, err
	}
	c := Client{Client: wire.Client{Name: client}, Write: string(current.Fields[writeField]) == "yes"}
	c.ID, c.Secret = string(current.Fields[keyIDField]), string(current.Fields[secretField])
	if allow := string(current.Fields[allowField]); allow != "" {
		c.Allow = strings.Split(allow, ",")
	}
	if c.ID == "" || c.Secret == "" {
		return Client{}, usage.Errorf("the secret %q is no client: it lacks %s or %s", name, keyIDField, secretField)
	}
	return c, nil
}

// List returns all clients in the order of their names. If a secret is no client, its error is returned beside the
// others.
func List(v *vault.Vault) ([]Client, error) {
	listing, err := v.List()
	if err != nil {
		return nil, err
	}
	var all []Client
	var failed error
	for _, s := range listing.Secrets {
		client, ok := strings.CutPrefix(string(s.Name), endpoint.ReservedPrefix)
		if !ok || s.Deleted {
			continue
		}
		c, err := Get(v, client)
		if err != nil {
			failed = cmp.Or(failed, err)
			continue
		}
		all = append(all, c)
	}
	return all, failed
}

// Remove removes a client for good. The error is [vault.ErrNotFound] if there is none of that name.
func Remove(v *vault.Vault, client string) error {
	if _, err := Get(v, client); err != nil {
		return err
	}
	name, err := secretName(client)
	if err != nil {
		return err
	}
	return v.Remove(name)
}

// Directory finds clients for a server, each time anew: a client that was changed or removed is so for its next
// request. It is safe for concurrent use.
type Directory struct {
	Open func() (*vault.Vault, error) // also after the master key was replaced
	Only []string                     // the names of clients; empty for all

	mu    sync.Mutex
	vault *vault.Vault
	names map[string]string // by key ID
}

// Find returns the client with a key ID, for [wire.Server].
func (d *Directory) Find(keyID string) (wire.Client, bool) {
	c, err := d.read(func() (Client, error) { return d.find(keyID) })
	return c.Client, err == nil
}

// Permission returns the permission of a client, for [endpoint.Options]. A client that is removed may do nothing.
func (d *Directory) Permission(client string) endpoint.Permission {
	c, err := d.read(func() (Client, error) { return Get(d.vault, client) })
	if err != nil {
		return endpoint.Permission{}
	}
	permission, err := endpoint.NewPermission(c.Allow, c.Write)
	if err != nil {
		return endpoint.Permission{}
	}
	return permission
}

// read opens the vault if need be, and once more after its master key was replaced.
func (d *Directory) read(get func() (Client, error)) (Client, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for again := false; ; again = true {
		if d.vault == nil {
			v, err := d.Open()
			if err != nil {
				return Client{}, err
			}
			d.vault, d.names = v, map[string]string{}
		}
		c, err := get()
		if !errors.Is(err, vault.ErrKeyReplaced) || again {
			return c, err
		}
		d.vault = nil
	}
}

var errUnknown = errors.New("no client has the key")

func (d *Directory) find(keyID string) (Client, error) {
	if _, known := d.names[keyID]; !known {
		all, err := List(d.vault)
		if errors.Is(err, vault.ErrKeyReplaced) {
			return Client{}, err
		}
		for _, c := range all { // one that is damaged does not shut the others out
			d.names[c.ID] = c.Name
		}
	}
	name, known := d.names[keyID]
	if !known || len(d.Only) > 0 && !slices.Contains(d.Only, name) {
		return Client{}, errUnknown
	}
	c, err := Get(d.vault, name)
	if err == nil && c.ID != keyID {
		delete(d.names, keyID)
		err = errUnknown
	}
	return c, err
}

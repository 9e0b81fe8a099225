package vault_test

import (
	"crypto/rand"
	"errors"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"time"

	"example.org/secret/crypto"
	"example.org/secret/vault"
)

// A secret gets two values, and the first one again.
func Example() {
	dir, err := os.MkdirTemp("", "vault")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	v, err := makeVault(filepath.Join(dir, "vault"))
	if err != nil {
		log.Fatal(err)
	}

	name, err := vault.ParseName("openai/key")
	if err != nil {
		log.Fatal(err)
	}
	for _, value := range []string{"sk-1", "sk-2"} {
		_, err := v.Upsert(name, func(s *vault.Secret) error {
			return s.Add(vault.NewVersion{
				Kind: vault.Plaintext, Value: vault.Value{Plain: vault.Bytes(value)}, Origin: vault.OriginSet,
			})
		})
		if err != nil {
			log.Fatal(err)
		}
	}
	s, err := v.Update(name, func(s *vault.Secret) error {
		previous, err := s.Find(vault.Selector{Label: vault.Previous})
		if err != nil {
			return err
		}
		return s.Add(vault.NewVersion{
			Kind: s.Kind, Value: previous.Value, Origin: vault.OriginRollback, From: previous.Number,
		})
	})
	if err != nil {
		log.Fatal(err)
	}
	for _, version := range s.Versions {
		fmt.Println(version.Number, version.Origin, string(version.Plain))
	}

	_, err = v.Get("anthropic/key")
	fmt.Println(errors.Is(err, vault.ErrNoSecret))
	// Output:
	// 1 set sk-1
	// 2 set sk-2
	// 3 rollback sk-1
	// true
}

// makeVault makes a vault whose key nothing keeps. Package unlock keeps keys.
func makeVault(dir string) (*vault.Vault, error) {
	id, err := vault.NewID(rand.Reader)
	if err != nil {
		return nil, err
	}
	master, err := crypto.GenerateMasterKey()
	if err != nil {
		return nil, err
	}
	key, err := crypto.DeriveVaultKey(master, id, rand.Reader)
	if err != nil {
		return nil, err
	}
	options := vault.Options{Now: time.Now, Rand: rand.Reader, History: 100, LockTimeout: time.Minute}
	return vault.Create(dir, id, key, nil, options)
}

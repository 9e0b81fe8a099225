package vault_test

import (
	"crypto/rand"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"example.org/secret/crypto"
	"example.org/secret/vault"
)

// filledVault makes a vault with n secrets of five versions of 200 bytes.
func filledVault(b *testing.B, n int) *vault.Vault {
	b.Helper()
	master, err := crypto.GenerateMasterKey()
	if err != nil {
		b.Fatal(err)
	}
	key, err := crypto.DeriveVaultKey(master, testVaultID, rand.Reader)
	if err != nil {
		b.Fatal(err)
	}
	options := vault.Options{Now: time.Now, Rand: rand.Reader, History: vault.DefaultHistory, LockTimeout: time.Minute}
	v, err := vault.Create(filepath.Join(b.TempDir(), "vault"), testVaultID, key,
		vault.SealedKeys{vault.KeyFile: nil}, options)
	if err != nil {
		b.Fatal(err)
	}
	for i := range n {
		if _, err := v.Upsert(nameOf(i), func(s *vault.Secret) error {
			for range 5 {
				if err := addVersion(s); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			b.Fatal(err)
		}
	}
	return v
}

func nameOf(i int) vault.Name { return vault.Name(fmt.Sprintf("group%d/secret%d", i%10, i)) }

func addVersion(s *vault.Secret) error {
	value := vault.Value{Plain: vault.Bytes(strings.Repeat("value", 40))}
	return s.Add(vault.NewVersion{Kind: vault.Plaintext, Value: value, Origin: vault.OriginSet})
}

func BenchmarkGet(b *testing.B) {
	v := filledVault(b, 10)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := v.Get(nameOf(3)); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkSet adds a version to a new secret each time, so that no history grows.
func BenchmarkSet(b *testing.B) {
	v := filledVault(b, 0)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if _, err := v.Upsert(nameOf(i), addVersion); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkList(b *testing.B) {
	const secrets = 1000
	v := filledVault(b, secrets)
	b.ReportAllocs()
	for b.Loop() {
		if listing, err := v.List(); err != nil || len(listing.Secrets) != secrets {
			b.Fatalf("%d secrets, %v", len(listing.Secrets), err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*secrets), "µs/secret")
}

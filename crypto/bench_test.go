package crypto_test

import (
	"crypto/rand"
	"testing"

	"example.org/secret/crypto"
)

// A secret of five versions of 200 bytes has a document of this size.
const documentSize = 2 << 10

func benchKey(b *testing.B) *crypto.VaultKey {
	b.Helper()
	master, err := crypto.GenerateMasterKey()
	if err != nil {
		b.Fatal(err)
	}
	key, err := crypto.DeriveVaultKey(master, "bench", rand.Reader)
	if err != nil {
		b.Fatal(err)
	}
	return key
}

func BenchmarkSeal(b *testing.B) {
	key := benchKey(b)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := key.Seal("file", make([]byte, documentSize)); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkOpen(b *testing.B) {
	key := benchKey(b)
	sealed, err := key.Seal("file", make([]byte, documentSize))
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := key.Open("file", sealed); err != nil {
			b.Fatal(err)
		}
	}
}

package main

import (
	"crypto/rand"
	"os"
	"time"

	"example.org/secret/crypto"
	"example.org/secret/vault"

	"github.com/rogpeppe/go-internal/testscript"
)

// cmdCreate makes a secret without a value, as AWS's API can.
func cmdCreate(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: create NAME")
	}
	text, err := os.ReadFile(ts.Getenv("SECRET_KEY_FILE"))
	ts.Check(err)
	masters, err := crypto.ParseMasterKeys(string(text))
	ts.Check(err)
	header, err := vault.ReadHeader(ts.Getenv("VAULT"))
	ts.Check(err)
	key, err := crypto.DeriveVaultKey(masters[0], header.ID, rand.Reader)
	ts.Check(err)
	v, err := vault.Open(header, key, vault.Options{
		Now: time.Now, Rand: rand.Reader, History: 100,
		LockTimeout: time.Minute,
	})
	ts.Check(err)
	_, err = v.Upsert(vault.Name(args[0]), (*vault.Secret).Create)
	ts.Check(err)
}

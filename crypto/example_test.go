package crypto_test

import (
	"crypto/rand"
	"errors"
	"fmt"
	"log"

	"example.org/secret/crypto"
)

// A file is sealed for one place in one vault. In another place it does not open.
func Example() {
	master, err := crypto.GenerateMasterKey()
	if err != nil {
		log.Fatal(err)
	}
	key, err := crypto.DeriveVaultKey(master, "6f1c3a52-9d0e-4b7a-8c21-5e4f7a90b3d6", rand.Reader)
	if err != nil {
		log.Fatal(err)
	}
	fileID := key.FileID("prod/db")
	sealed, err := key.Seal(fileID, []byte("hunter2"))
	if err != nil {
		log.Fatal(err)
	}
	opened, err := key.Open(fileID, sealed)
	if err != nil {
		log.Fatal(err)
	}
	_, err = key.Open(key.FileID("test/db"), sealed)
	fmt.Println(string(opened), errors.Is(err, crypto.ErrDamaged))
	// Output: hunter2 true
}

package unlock_test

import (
	"crypto/rand"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"time"

	"example.org/secret/vault"
	"example.org/secret/vault/unlock"
)

// A vault whose master key is in a file is made, opened, and gets another key.
func Example() {
	dir, err := os.MkdirTemp("", "unlock")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	path, keyFile := filepath.Join(dir, "vault"), unlock.KeyFile{Path: filepath.Join(dir, "key")}
	options := vault.Options{Now: time.Now, Rand: rand.Reader, LockTimeout: time.Minute}

	set, err := unlock.NewSet(rand.Reader)
	if err != nil {
		log.Fatal(err)
	}
	if err := set.Add(keyFile); err != nil {
		log.Fatal(err)
	}
	if err := set.Create(path, options); err != nil {
		log.Fatal(err)
	}

	header, err := vault.ReadHeader(path)
	if err != nil {
		log.Fatal(err)
	}
	finder := unlock.Finder{
		Header: header, Sources: []unlock.Source{keyFile},
		Rand: rand.Reader, Now: time.Now, Timeout: time.Minute, Warn: func(text string) { log.Print(text) },
	}
	before, err := finder.Find()
	if err != nil {
		log.Fatal(err)
	}
	if _, err := finder.ReplaceKey(options, func(done, total int) {}); err != nil {
		log.Fatal(err)
	}
	after, err := finder.Find()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(header.Unlock, before.MasterKey() != after.MasterKey())
	// Output: [key-file] true
}

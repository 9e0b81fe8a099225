package durable_test

import (
	"fmt"
	"os"
	"path/filepath"
	"time"

	"example.org/secret/vault/durable"
)

func Example() {
	dir, err := os.MkdirTemp("", "durable")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	unlock, err := durable.Lock(filepath.Join(dir, "lock"), dir, time.Second)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer unlock()
	// When Write returns, the file is on the disk.
	if err := durable.Write(dir, "settings", []byte("colour: blue\n")); err != nil {
		fmt.Println(err)
		return
	}
	text, err := durable.Read(filepath.Join(dir, "settings"), 1<<10)
	fmt.Printf("%s%v\n", text, err)
	// Output:
	// colour: blue
	// <nil>
}

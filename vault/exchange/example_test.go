package exchange_test

import (
	"fmt"
	"log"

	"example.org/secret/vault/exchange"
)

// A file of another tool is read, and written for a third.
func Example() {
	file := []byte("name,username,password\nMy Bank,ana,hunter2\n")
	format, err := exchange.Detect(file)
	if err != nil {
		log.Fatal(err)
	}
	entries, err := exchange.Parse(format, file)
	if err != nil {
		log.Fatal(err)
	}
	for i, entry := range entries {
		name, err := exchange.MapName("personal/", entry.Name)
		if err != nil {
			log.Fatal(err)
		}
		entries[i].Name = string(name)
		fmt.Println(format, name, entry.Kind)
	}
	text, err := exchange.Export(exchange.YAML, entries, nil)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Print(string(text))
	// Output:
	// csv personal/My-Bank credential
	// secrets:
	//   - name: "personal/My-Bank"
	//     kind: "credential"
	//     fields:
	//       password: "hunter2"
	//       username: "ana"
}

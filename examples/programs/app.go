// App shows how a Go program gets its secrets.
package main

import (
	"encoding/json"
	"fmt"
	"log"
	"os"
	"os/exec"
)

// secret returns the output of secret get. The exit code in an *exec.ExitError is 3
// for "no such secret".
func secret(args ...string) ([]byte, error) {
	cmd := exec.Command("secret", append([]string{"get"}, args...)...)
	cmd.Stderr = os.Stderr
	return cmd.Output()
}

func main() {
	apiKey, err := secret("openai/key")
	if err != nil {
		log.Fatal("reading the API key: ", err)
	}
	var database struct{ Username, Host string }
	text, err := secret("prod/db")
	if err == nil {
		err = json.Unmarshal(text, &database)
	}
	if err != nil {
		log.Fatal("reading the database credential: ", err)
	}
	fmt.Printf("go has a key of %d characters and logs in as %s@%s\n", len(apiKey), database.Username, database.Host)
}

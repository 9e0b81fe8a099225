//go:build ignore

// Template in Go: adjust login and change; all else is the protocol.
//
// Build it with "go build template.go". Unchanged, it rotates a password in a toy
// service: a JSON file of user names and passwords. Fields: username,
// password, file.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
)

type value struct {
	Username, Password, File string
}

type call struct {
	Protocol          int
	Step              string
	Current, Previous *value
	Pending           *value
}

// errRefused means that the service refused the pending value itself and did not
// apply it.
var errRefused = errors.New("the service takes no password under 8 characters")

// login reports whether the service accepts v. Adjust this.
func login(v *value) (bool, error) {
	users, err := read(v.File)
	if err != nil {
		return false, err
	}
	password, ok := users[v.Username]
	return ok && password == v.Password, nil
}

// change logs in as working and gives its user the pending password. Adjust this.
func change(working, pending *value) error {
	users, err := read(working.File)
	if err != nil {
		return err
	}
	if len(pending.Password) < 8 {
		return errRefused
	}
	users[working.Username] = pending.Password
	data, err := json.Marshal(users)
	if err != nil {
		return err
	}
	if err := os.WriteFile(working.File+".new", data, 0o600); err != nil {
		return err
	}
	return os.Rename(working.File+".new", working.File)
}

func read(file string) (map[string]string, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var users map[string]string
	return users, json.Unmarshal(data, &users)
}

func set(c *call) error {
	if ok, err := login(c.Pending); err != nil || ok {
		return err // nil: an earlier call did it
	}
	for _, v := range []*value{c.Current, c.Previous} {
		if v == nil {
			continue
		}
		if v.Username != c.Pending.Username || v.File != c.Pending.File {
			return errors.New("the pending value is for another user than an earlier one")
		}
		if ok, err := login(v); err != nil {
			return err
		} else if ok {
			return change(v, c.Pending)
		}
	}
	return errors.New("neither the pending nor the current nor the previous password works")
}

func test(c *call) error {
	ok, err := login(c.Pending)
	if err == nil && !ok {
		err = errors.New("the pending password is not accepted")
	}
	return err
}

func run() error {
	var c call
	if err := json.NewDecoder(os.Stdin).Decode(&c); err != nil {
		return err
	}
	if c.Protocol != 1 {
		return errors.New("this rotator speaks protocol 1")
	}
	switch c.Step {
	case "set":
		return set(&c)
	case "test":
		return test(&c)
	}
	// create and finish have nothing to do: the tool makes the password. For a service
	// that accepts two values, set keeps the current one, finish revokes the previous
	// one, and describe prints a grace: {"grace": 300}
	return nil
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		if errors.Is(err, errRefused) {
			os.Exit(10)
		}
		os.Exit(1)
	}
}

package rotate_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"time"

	"example.org/secret/crypto"
	"example.org/secret/rotate"
	"example.org/secret/vault"
)

// A rotation with a Go function in the place of a rotator program.
func Example() {
	dir, err := os.MkdirTemp("", "rotate")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	v, err := exampleVault(filepath.Join(dir, "vault"))
	if err != nil {
		log.Fatal(err)
	}

	// The service knows one password, and the rotator changes it.
	service := "the first"
	rotator := func(_ context.Context, c rotate.Call) ([]byte, error) {
		switch pending := string(c.Pending["password"]); c.Step {
		case rotate.Set:
			service = pending
		case rotate.Test:
			if service != pending {
				return nil, &rotate.StepError{Step: c.Step, Problem: "exit status 1"}
			}
		}
		fmt.Println("called for", c.Step)
		return nil, nil // Create prints nothing: the engine generates a password
	}
	engine := &rotate.Engine{
		Vault: v, Call: rotator, Now: time.Now, Rand: rand.Reader,
		Allowed: func(*vault.Secret, rotate.Rotation) bool { return true },
	}
	if err := engine.Configure("db", rotate.Rotation{Rotator: "/usr/local/bin/rotate-db", Schedule: "30d"}); err != nil {
		log.Fatal(err)
	}
	result := engine.Rotate(context.Background(), "db", rotate.Now)
	fmt.Println(result.Outcome, "version", result.Version, result.Err)

	s, err := v.Get("db")
	if err != nil {
		log.Fatal(err)
	}
	current, err := s.Find(vault.Selector{Label: vault.Current})
	fmt.Println("the service has the current password:", string(current.Fields["password"]) == service, err)

	// Output:
	// called for create
	// called for set
	// called for test
	// called for finish
	// rotated version 2 <nil>
	// the service has the current password: true <nil>
}

// exampleVault makes a vault with the credential db.
func exampleVault(dir string) (*vault.Vault, error) {
	const id = "0b5c6a4e-6d0f-4b57-9d8e-5f6e2c1f7a11"
	master, err := crypto.GenerateMasterKey()
	if err != nil {
		return nil, err
	}
	key, err := crypto.DeriveVaultKey(master, id, rand.Reader)
	if err != nil {
		return nil, err
	}
	options := vault.Options{Now: time.Now, Rand: rand.Reader, LockTimeout: time.Second}
	v, err := vault.Create(dir, id, key, vault.SealedKeys{vault.KeyFile: nil}, options)
	if err != nil {
		return nil, err
	}
	_, err = v.Upsert("db", func(s *vault.Secret) error {
		value := vault.Value{Fields: map[string]vault.Bytes{
			"username": vault.Bytes("app"),
			"password": vault.Bytes("the first"),
		}}
		return s.Add(vault.NewVersion{Kind: vault.Credential, Value: value, Origin: vault.OriginSet})
	})
	return v, err
}

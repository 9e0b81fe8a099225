//go:build unix

package main

import (
	"bytes"
	"encoding/base64"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"example.org/secret/cmd/secret/internal/output"
	"example.org/secret/cmd/secret/internal/picked"
	"example.org/secret/cmd/secret/internal/prompt"
	"example.org/secret/vault"

	"github.com/aymanbagabas/go-osc52/v2"
)

// Over SSH the terminal at the other end has the clipboard.
func TestClipThroughTerminal(t *testing.T) {
	t.Parallel()
	screen := filepath.Join(t.TempDir(), "screen")
	a := &app{
		out:    &output.Output{Stderr: new(bytes.Buffer)},
		getenv: func(string) string { return "" },
		prompt: &prompt.Prompter{Open: func() (*prompt.Terminal, error) {
			f, err := os.OpenFile(screen, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
			return &prompt.Terminal{In: f, Out: f}, err
		}},
	}
	p := picked.Value{
		Secret: &vault.Secret{Meta: vault.Meta{Name: "token", Kind: vault.Plaintext}},
		Bytes:  vault.Bytes("hunter2\n"),
	}
	if err := a.copyValue(p, time.Second); err != nil {
		t.Fatal(err)
	}
	copied := "\x1b]52;c;" + base64.StdEncoding.EncodeToString([]byte("hunter2")) + "\a"
	cleared := osc52.Clear().String()
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		shown, err := os.ReadFile(screen)
		if err != nil {
			t.Fatal(err)
		}
		if string(shown) == copied+cleared {
			return
		}
		if !strings.HasPrefix(copied+cleared, string(shown)) || time.Now().After(deadline) {
			t.Fatalf("the terminal got %q", shown)
		}
	}
}

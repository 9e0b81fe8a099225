package main

import (
	"strings"
	"time"

	"example.org/secret/cmd/secret/internal/clipboard"
	"example.org/secret/cmd/secret/internal/picked"
	"example.org/secret/cmd/secret/internal/usage"
)

const clipTime = 45 * time.Second

func (a *app) clipboard() clipboard.Clipboard {
	return clipboard.Clipboard{
		Getenv: a.getenv, Environ: a.environ, Prompt: a.prompt, Clear: []string{"secret", clearCommand},
	}
}

// copyValue copies a value to the clipboard for a limited time.
func (a *app) copyValue(p picked.Value, after time.Duration) error {
	if p.IsWhole() {
		password, ok := p.Version.Fields["password"]
		if !ok {
			return usage.Errorf("which field of %q? It has %s", p.Secret.Name, strings.Join(p.Version.FieldNames(), ", "))
		}
		p.Field, p.Bytes = "password", password
	}
	copied := string(p.Secret.Name)
	if p.Field != "" {
		copied = "the " + p.Field + " of " + copied
	}
	place, err := a.clipboard().Copy([]byte(strings.TrimSuffix(string(p.Bytes), "\n")), after)
	if err != nil {
		return err
	}
	a.out.Sayf("Copied %s to %s in %v.\n", copied, place, after)
	return nil
}
